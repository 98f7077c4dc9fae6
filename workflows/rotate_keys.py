"""RotateKeysWorkflow: every data key under the newest wrapping key."""

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.key_rotation import KeyRotation, RotationOver
    from domain.key_rotation import KeyVersions, NoteRotation, Rewrapped

from workflows.options import key_step


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKeys:
    """`actor` asks for it. `done` is what earlier runs of the same rotation did."""

    actor: str
    done: Rewrapped = Rewrapped()  # noqa: RUF009  a frozen value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What was done, and how many keys there are under which version now. A version without keys seals none of the
    data in Postgres."""

    done: Rewrapped
    now: KeyVersions


@workflow.defn(name="RotateKeys")
class RotateKeysWorkflow:
    @workflow.run
    async def run(self, rotation: RotateKeys) -> Rotated:
        done = await self._batch(rotation.done)
        while done.after is not None:
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(RotateKeys(actor=rotation.actor, done=done))
            done = await self._batch(done)
        return await self._finish(rotation.actor, done)

    async def _batch(self, done: Rewrapped) -> Rewrapped:
        summary = f"After {done.after}" if done.after else "From the first"
        done += await workflow.execute_activity_method(KeyRotation.rewrap, done.after, **key_step(summary))
        workflow.set_current_details(_details(done))
        return done

    async def _finish(self, actor: str, done: Rewrapped) -> Rotated:
        note = NoteRotation(operation_id=f"rotation/{workflow.info().first_execution_run_id}", actor=actor, done=done)
        over = RotationOver(note=note, at=workflow.now())
        now = await workflow.execute_activity_method(KeyRotation.finish, over, **key_step("All keys looked at"))
        return Rotated(done=done, now=now)


def _details(done: Rewrapped) -> str:
    place = f"up to `{done.after}`" if done.after else "to the end"
    named = f": {', '.join(done.named)}" if done.named else ""
    return f"{done.rewrapped} keys wrapped anew, {place}. {done.refused} could not be unwrapped{named}."
