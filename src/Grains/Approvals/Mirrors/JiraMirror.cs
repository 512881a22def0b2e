using System.Text.Json;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.Mirroring;

namespace Steward.Approvals;

/// <summary>An issue in Jira that is decided by moving it to another status. Who moved it is what Jira's own log of changes says.</summary>
internal static class JiraMirror
{
    /// <summary>Brings the issue in step.</summary>
    public static async Task SyncAsync(MirrorSession session, CancellationToken cancellationToken)
    {
        if (session.Mirror.RecordId is null && !await CreateAsync(session, cancellationToken))
        {
            return;
        }

        var key = session.Mirror.RecordId!;
        var issue = await IssueAsync(session, key, cancellationToken);
        var status = StatusOf(issue);
        if (session.Mirror.OpenState is null && DecisionOf(session, status) == NativeDecision.Requested)
        {
            session.Mirror = session.Mirror with { OpenState = status };
        }

        status = await TakeAsync(session, key, issue, cancellationToken);
        if (session.State.IsOver)
        {
            await CloseAsync(session, key, status, cancellationToken);
        }
    }

    private static async Task<bool> CreateAsync(MirrorSession session, CancellationToken cancellationToken)
    {
        var made = await session.CreateAsync(
            "issues.create",
            content => new { project = session.Setting("project"), issueType = session.Setting("issueType"), summary = content.Title, description = content.Description, labels = new[] { session.Marker } },
            cancellationToken);
        if (made is not { } created)
        {
            // There is nothing to close.
            return false;
        }

        var key = created.Text("key") ?? throw new MirrorException("Jira does not say which issue it made.");
        session.Mirror = session.Mirror with { RecordId = key, Reference = key, Url = created.Text("url"), Status = MirrorStatus.Open };
        await session.NoteAsync($"{key} was made in {session.Instance}.");
        return true;
    }

    /// <summary>Takes what was decided there, and puts the issue back where that does not end the request.</summary>
    /// <returns>The issue's status afterwards.</returns>
    private static async Task<string> TakeAsync(MirrorSession session, string key, JsonElement issue, CancellationToken cancellationToken)
    {
        for (var look = 0; look < MostLooks; look++)
        {
            var status = StatusOf(issue);
            var decision = DecisionOf(session, status);
            if (decision == NativeDecision.Requested || IsEnd(session, status))
            {
                return status;
            }

            var move = await LastMoveAsync(session, key, status, cancellationToken);
            var counts = await JudgeAsync(session, key, issue, decision, move, cancellationToken);
            var back = session.Setting("reopen") ?? session.Mirror.OpenState;
            if (session.State.IsOver || back is null || MirrorSettings.Same(back, status))
            {
                return status;
            }

            // Somebody else may have moved it since: what they decided is not to be lost.
            issue = await IssueAsync(session, key, cancellationToken);
            if (MirrorSettings.Same(StatusOf(issue), status) && (await LastMoveAsync(session, key, status, cancellationToken)).Change == move.Change)
            {
                if (!counts)
                {
                    session.Correct();
                }

                await MoveAsync(session, key, back, cancellationToken);
                return back;
            }
        }

        throw new MirrorException($"{key} is being changed all the time.");
    }

    /// <summary>Lets the approval judge a move once, and says there what became of it.</summary>
    /// <returns>Whether it counts; a move that was answered before does not any more.</returns>
    private static async Task<bool> JudgeAsync(MirrorSession session, string key, JsonElement issue, NativeDecision decision, Move move, CancellationToken cancellationToken)
    {
        if (session.Mirror.Answered.Contains(move.Change))
        {
            return false;
        }

        var said = move.IsTextChanged ? null : MirrorText.HashOf(issue.Text("summary"), issue.Text("description"));
        var verdict = move.IsOwn
            ? new MirrorVerdict(false, MirrorText.Refused(move.Account.Name, "Steward's own account decides nothing."))
            : await session.JudgeAsync(decision, $"{key}/{move.Change}", move.Account, said, cancellationToken);
        if (!verdict.Counts || !session.State.IsOver)
        {
            await session.OnceAsync($"answer/{move.Change}", "issues.comment", new { key, comment = verdict.Answer }, cancellationToken);
        }

        session.Mirror = session.Mirror.WithAnswered(move.Change);
        await session.NoteAsync(verdict.Counts ? null : verdict.Answer);
        return verdict.Counts;
    }

    private static async Task CloseAsync(MirrorSession session, string key, string status, CancellationToken cancellationToken)
    {
        var end = EndOf(session);
        if (!MirrorSettings.Same(status, end))
        {
            if (session.Mirror.IsEndTold)
            {
                session.Correct();
            }

            await MoveAsync(session, key, end, cancellationToken);
        }

        if (!session.Mirror.IsEndTold)
        {
            await session.OnceAsync("end", "issues.comment", new { key, comment = MirrorText.Ended(session.State) }, cancellationToken);
            session.Mirror = session.Mirror with { IsEndTold = true };
        }
    }

    private static async Task<JsonElement> IssueAsync(MirrorSession session, string key, CancellationToken cancellationToken) =>
        await session.ReadAsync("issues.get", new { key }, cancellationToken);

    private static string StatusOf(JsonElement issue) => issue.Text("status") ?? throw new MirrorException("Jira does not say how the issue stands.");

    private static async Task MoveAsync(MirrorSession session, string key, string status, CancellationToken cancellationToken)
    {
        var possible = (await session.ReadAsync("issues.transitions", new { key }, cancellationToken)).Items();
        var transition = possible.FirstOrDefault(one => MirrorSettings.Same(one.Text("to"), status));
        if (transition.ValueKind != JsonValueKind.Object)
        {
            throw new MirrorException($"{key} cannot be moved to '{status}' now; it can be moved to: {string.Join(", ", possible.Select(one => one.Text("to")))}.");
        }

        await session.SetAsync("issues.transition", new { key, transitionId = transition.Text("id"), resolution = session.State.IsOver ? session.Setting("resolution") : null }, cancellationToken);
    }

    /// <summary>Which change made the issue's status what it is, and whose.</summary>
    private static async Task<Move> LastMoveAsync(MirrorSession session, string key, string status, CancellationToken cancellationToken)
    {
        var log = await session.ReadAsync("issues.changelog", new { key }, cancellationToken);
        var last = log.IsTrue("truncated") ? default : log.Items().LastOrDefault(change => IsOf(change, "status"));
        var isTextChanged = log.Items().Any(change => IsOf(change, "summary") || IsOf(change, "description"));
        if (last.ValueKind != JsonValueKind.Object || last.Text("id") is not { } id)
        {
            // Nobody moved it there, or so much has happened that the log does not say who.
            return new Move($"as {status}", new NativeAccount(null, null), IsOwn: false, isTextChanged);
        }

        if (!LeadsTo(last, status))
        {
            throw new MirrorException($"{key} has changed once more.");
        }

        if (last.Text("accountId") is not { } account)
        {
            return new Move(id, new NativeAccount(null, last.Text("author")), IsOwn: false, isTextChanged);
        }

        if ((await session.ReadAsync("users.me", new { }, cancellationToken)).Text("accountId") == account)
        {
            return new Move(id, new NativeAccount(null, last.Text("author")), IsOwn: true, isTextChanged);
        }

        var person = await session.ReadAsync("users.get", new { accountId = account }, cancellationToken);
        return new Move(id, new NativeAccount(person.IsFalse("active") ? null : person.Text("email"), person.Text("displayName")), IsOwn: false, isTextChanged);
    }

    private static bool IsOf(JsonElement change, string field) => change.Items("fields").Any(changed => changed.GetString() == field);

    private static bool LeadsTo(JsonElement change, string status)
    {
        var (fields, values) = (change.Items("fields"), change.Items("to"));
        return fields.Count == values.Count && Enumerable.Range(0, fields.Count).Any(i => fields[i].GetString() == "status" && MirrorSettings.Same(values[i].GetString(), status));
    }

    private static NativeDecision DecisionOf(MirrorSession session, string status) =>
        MirrorSettings.Same(status, session.Setting("approved")) ? NativeDecision.Approved
        : MirrorSettings.Same(status, session.Setting("rejected")) ? NativeDecision.Rejected
        : MirrorSettings.Same(status, session.Setting("withdrawn")) ? NativeDecision.Withdrawn
        : NativeDecision.Requested;

    private static bool IsEnd(MirrorSession session, string status) => session.State.IsOver && MirrorSettings.Same(status, EndOf(session));

    private static string EndOf(MirrorSession session)
    {
        var rejected = session.Setting("rejected")!;
        return session.State.Status switch
        {
            Engines.Approvals.ApprovalStatus.Approved => session.Setting("approved")!,
            Engines.Approvals.ApprovalStatus.Rejected => rejected,
            Engines.Approvals.ApprovalStatus.Expired => session.Setting("expired") ?? session.Setting("withdrawn") ?? rejected,
            _ => session.Setting("withdrawn") ?? rejected,
        };
    }

    // Whoever moves it while it is looked at is waited for, but not for ever.
    private const int MostLooks = 3;

    /// <summary>What made the issue's status what it is.</summary>
    /// <param name="Change">Which change.</param>
    /// <param name="Account">Whose.</param>
    /// <param name="IsOwn">Whether it was Steward's own account.</param>
    /// <param name="IsTextChanged">Whether title or description were ever changed: nobody can tell what was read there then.</param>
    private sealed record Move(string Change, NativeAccount Account, bool IsOwn, bool IsTextChanged);
}
