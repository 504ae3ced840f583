"""Routes about the review before anything leaves: the prompts, marks in them, and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute, Problem, UserRole
from reports.desk import Desk
from reports.opening import now_ms
from reports.reviewing import add_marks, drop_mark, let_go, preview_of, propose_mark
from reports.tables import ReportRunRow
from reports.views import Changed, MarksBody, PreviewView, ProposeBody, Proposed, ReviewBody

_TAG: Final = "reports"


class ReviewRoutes:
    """The handlers, over a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> Sequence[ConsoleRoute]:
        """All routes about reviews."""
        edit: tuple[UserRole, ...] = ("editor",)
        return (
            ConsoleRoute(
                "GET", "/reports/{id}/preview", self.preview, "The prompts before they leave", _TAG, answer=PreviewView
            ),
            ConsoleRoute(
                "POST", "/reports/{id}/marks", self.mark, "Mark missed or wrong spans", _TAG, edit, MarksBody,
                answer=Changed,
            ),
            ConsoleRoute(
                "DELETE", "/reports/{id}/marks/{mark}", self.unmark, "Take a mark back", _TAG, edit, answer=Changed
            ),
            ConsoleRoute(
                "POST", "/reports/{id}/marks/{mark}/propose", self.propose, "Have a mark count from now on", _TAG, edit,
                ProposeBody, answer=Proposed, status=201,
            ),
            ConsoleRoute(
                "POST", "/reports/{id}/review", self.review, "Let it send, or not", _TAG, edit, ReviewBody,
                answer=Changed,
            ),
        )  # fmt: skip

    async def preview(self, call: ConsoleCall) -> Any:  # noqa: ANN401 - handlers return plain data
        """Each prompt exactly as it will leave, in pieces, with what was marked in it."""
        return await preview_of(self._desk, await self._run(call))

    async def mark(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Marks of a waiting run; after a missed one the prompts are made anew, and it waits again."""
        row = await self._usable(call)
        body: MarksBody = call.body
        anew = await add_marks(self._desk, call.caller, row, body.version, body.marks)
        return ConsoleAnswer(Changed(state="queued" if anew else "waiting"), subject=row.id)

    async def unmark(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Take a mark back."""
        row = await self._usable(call)
        anew = await drop_mark(self._desk, row, call.path["mark"])
        return ConsoleAnswer(Changed(state="queued" if anew else "waiting"), subject=row.id)

    async def propose(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Propose a mark as a correction: somebody approves it, then it counts for everything that leaves."""
        row = await self._usable(call)
        body: ProposeBody = call.body
        made = await propose_mark(self._desk, call.caller, row, call.path["mark"], body.policy)
        return ConsoleAnswer(Proposed(correction=made), subject=made)

    async def review(self, call: ConsoleCall) -> Any:  # noqa: ANN401
        """Let a run that waits for review send its prompts, or cancel it."""
        row = await self._usable(call)
        body: ReviewBody = call.body
        if body.decision == "send":
            await let_go(self._desk, call.caller, row, body.version)
            return ConsoleAnswer(Changed(state="queued"), subject=row.id)
        if row.state != "waiting":
            raise Problem(409, "not_waiting", "The report does not wait for a review.")
        state = await self._desk.store.want_cancel(row.id, now=now_ms())
        return ConsoleAnswer(Changed.model_validate({"state": state}), subject=row.id)

    async def _run(self, call: ConsoleCall) -> ReportRunRow:
        return await self._desk.run(call.caller, call.path["id"], change=call.request.method != "GET")

    async def _usable(self, call: ConsoleCall) -> ReportRunRow:
        """The run, for those who may use its jar: letting data go takes the same right as ordering."""
        row = await self._run(call)
        if "use" not in await self._desk.rights(call.caller, row.same_jar):
            raise Problem(403, "jar_not_allowed", "A review takes the right `use` on the jar; its owner can grant it.")
        return row
