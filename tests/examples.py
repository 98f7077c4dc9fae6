"""On how many made-up cases a property is tried: all of them in `make test`, a tenth in `make unit`."""

from hypothesis import HealthCheck, settings

QUICK = "quick"  # pytest --hypothesis-profile=quick
settings.register_profile(QUICK)


def tries(cases: int) -> int:
    return cases // 10 if settings.get_current_profile_name() == QUICK else cases


def tried_on(cases: int, *, steps: int = 50) -> settings:
    """`steps` of each life, where a case is one."""
    return settings(
        max_examples=tries(cases),
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,  # a run says the same of the same code
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
