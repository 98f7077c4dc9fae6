SwaggerUIBundle({
  url: document.getElementById("docs").dataset.openapi,
  domNode: document.getElementById("docs"),
  deepLinking: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
});
