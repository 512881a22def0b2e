using System.Text.Json;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.Mirroring;

namespace Steward.Approvals;

/// <summary>
/// A record in ServiceNow with one approval for each person who is asked. An approval counts only when whoever changed it last is the person whom it asks: it says nobody else's mind.
/// </summary>
internal static class ServiceNowMirror
{
    /// <summary>Brings the record and its approvals in step.</summary>
    public static async Task SyncAsync(MirrorSession session, CancellationToken cancellationToken)
    {
        if (session.Mirror.RecordId is null && !await CreateAsync(session, cancellationToken))
        {
            return;
        }

        var document = await session.ReadAsync("records.get", new { table = session.Setting("table"), id = session.Mirror.RecordId }, cancellationToken);
        if (session.Mirror.Url is null)
        {
            session.Mirror = session.Mirror with { Url = document.Text("url") };
        }

        var rows = await RowsAsync(session, cancellationToken);
        foreach (var row in rows)
        {
            await TakeAsync(session, row, cancellationToken);
        }

        if (session.State.IsOver)
        {
            await CloseAsync(session, document, cancellationToken);
        }
        else
        {
            await AskAsync(session, rows, cancellationToken);
        }
    }

    private static async Task<bool> CreateAsync(MirrorSession session, CancellationToken cancellationToken)
    {
        var arguments = new
        {
            table = session.Setting("table"),
            title = MirrorText.Title(session.Setting("title")!, session.State),
            description = MirrorText.Description(session.Setting("description")!, session.State),
            correlationId = session.Marker,
        };
        var made = session.State.IsOver
            ? await session.FindEarlierAsync("create", "records.create", arguments, cancellationToken)
            : await session.OnceAsync("create", "records.create", arguments, cancellationToken);
        if (made is not { } created)
        {
            // There is nothing to close.
            return false;
        }

        var id = created.Text("id") ?? throw new MirrorException("ServiceNow does not say which record it made.");
        session.Mirror = session.Mirror with { RecordId = id, Reference = created.Text("number") ?? id, Status = MirrorStatus.Open };
        await session.NoteAsync($"{session.Mirror.Reference} was made in {session.Instance}.");
        return true;
    }

    private static async Task<IReadOnlyList<Row>> RowsAsync(MirrorSession session, CancellationToken cancellationToken)
    {
        var found = await session.ReadAsync("approvers.list", new { documentId = session.Mirror.RecordId }, cancellationToken);
        return
        [
            .. found.Items()
                // Where the column may not be searched the instance ignores the condition.
                .Where(item => item.Text("documentId") == session.Mirror.RecordId && item.Text("id") is not null)
                .Select(item => new Row(item.Text("id")!, item.Text("approver"), DecisionOf(item.Text("state")), item.Text("changedBy"), item.Number("changes"))),
        ];
    }

    /// <summary>Takes what somebody decided in an approval of the record, and sets the approval to what it should say.</summary>
    private static async Task TakeAsync(MirrorSession session, Row row, CancellationToken cancellationToken)
    {
        var wanted = WantedOf(session.State, row);
        if (row.Decision == wanted)
        {
            return;
        }

        var why = session.State.IsOver ? MirrorText.Ended(session.State) : "Steward: this is not what the request stands at.";
        if (row.Decision is NativeDecision.Approved or NativeDecision.Rejected && !session.Mirror.Answered.Contains(row.Change))
        {
            var verdict = await JudgeAsync(session, row, cancellationToken);
            wanted = WantedOf(session.State, row);
            if (verdict.Counts && row.Decision == wanted)
            {
                return;
            }

            why = verdict.Answer;
            await SetAsync(session, row, wanted, why, cancellationToken);
            session.Mirror = session.Mirror.WithAnswered(row.Change);
            await session.NoteAsync(why);
            return;
        }

        await SetAsync(session, row, wanted, why, cancellationToken);
    }

    private static async Task<MirrorVerdict> JudgeAsync(MirrorSession session, Row row, CancellationToken cancellationToken)
    {
        var people = row.ChangedBy is null ? [] : (await session.ReadAsync("users.named", new { userName = row.ChangedBy }, cancellationToken)).Items();
        var person = people.Where(one => one.Text("userName") == row.ChangedBy && !one.IsFalse("active")).ToList();
        var account = person.Count == 1 ? new NativeAccount(person[0].Text("email"), person[0].Text("name")) : new NativeAccount(null, row.ChangedBy);
        return account.Email is not null && !account.Email.Equals(row.Approver, StringComparison.OrdinalIgnoreCase)
            ? new(false, MirrorText.Refused(account.Name ?? account.Email, $"This approval asks {row.Approver ?? "somebody else"}."))
            : await session.JudgeAsync(row.Decision, row.Change, account, cancellationToken);
    }

    private static async Task SetAsync(MirrorSession session, Row row, NativeDecision wanted, string why, CancellationToken cancellationToken) =>
        await session.SetAsync("approvers.set", new { id = row.Id, state = StateOf(wanted), comment = why }, cancellationToken);

    /// <summary>Asks those who are not asked there yet.</summary>
    private static async Task AskAsync(MirrorSession session, IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        var asked = MirrorPlan.SeatsOf(session.State).Where(seat => seat.Wanted == NativeDecision.Requested).Take(MirrorPlan.MaxPeople).ToList();
        var there = asked.Count(seat => rows.Any(row => seat.Email.Equals(row.Approver, StringComparison.OrdinalIgnoreCase)));
        foreach (var seat in asked.Where(seat => !rows.Any(row => seat.Email.Equals(row.Approver, StringComparison.OrdinalIgnoreCase))))
        {
            var found = (await session.ReadAsync("users.find", new { email = seat.Email }, cancellationToken)).Items()
                .Where(one => !one.IsFalse("active") && seat.Email.Equals(one.Text("email"), StringComparison.OrdinalIgnoreCase)).ToList();
            if (found.Count != 1 || found[0].Text("id") is not { } approverId)
            {
                // Nobody, or several: nobody can tell which one is meant. They decide elsewhere.
                continue;
            }

            await session.OnceAsync($"ask/{seat.Email}", "approvers.add", new { table = session.Setting("table"), documentId = session.Mirror.RecordId, approverId }, cancellationToken);
            there++;
        }

        if (there == 0 && session.State.OpenLevel is not null)
        {
            throw new MirrorException("ServiceNow knows none of those who are asked by their mail address.");
        }
    }

    private static async Task CloseAsync(MirrorSession session, JsonElement document, CancellationToken cancellationToken)
    {
        var wanted = StateOf(MirrorPlan.WantedOf(session.State));
        if (document.Text("approval") != wanted || !session.Mirror.IsEndTold)
        {
            await session.SetAsync(
                "records.settle",
                new { table = session.Setting("table"), id = session.Mirror.RecordId, approval = wanted, state = session.Setting("closedState"), comment = MirrorText.Ended(session.State) },
                cancellationToken);
            session.Mirror = session.Mirror with { IsEndTold = true };
        }
    }

    private static NativeDecision WantedOf(ApprovalState state, Row row) =>
        MirrorPlan.SeatsOf(state).FirstOrDefault(seat => seat.Email.Equals(row.Approver, StringComparison.OrdinalIgnoreCase))?.Wanted ?? MirrorPlan.WantedOfOthers(state);

    private static NativeDecision DecisionOf(string? state) => state switch
    {
        "requested" => NativeDecision.Requested,
        "approved" => NativeDecision.Approved,
        "rejected" => NativeDecision.Rejected,
        "cancelled" => NativeDecision.Withdrawn,
        "not_required" => NativeDecision.NotNeeded,
        _ => NativeDecision.Other,
    };

    private static string StateOf(NativeDecision decision) => decision switch
    {
        NativeDecision.Approved => "approved",
        NativeDecision.Rejected => "rejected",
        NativeDecision.Withdrawn => "cancelled",
        NativeDecision.NotNeeded => "not_required",
        _ => "requested",
    };

    /// <summary>One person's approval as it stands there.</summary>
    private sealed record Row(string Id, string? Approver, NativeDecision Decision, string? ChangedBy, long Changes)
    {
        /// <summary>Which change made it what it is.</summary>
        public string Change => $"{Id}/{Changes}";
    }
}
