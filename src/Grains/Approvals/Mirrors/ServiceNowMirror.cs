using System.Text.Json;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.Mirroring;

namespace Steward.Approvals;

/// <summary>
/// A record in ServiceNow with one approval for each person who is asked. An approval counts only when Steward made it, and when the one change since it was seen waiting is by the account that it asks: it says nobody else's mind.
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

        var document = await DocumentAsync(session, cancellationToken);
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

    private static async Task<JsonElement> DocumentAsync(MirrorSession session, CancellationToken cancellationToken) =>
        await session.ReadAsync("records.get", new { table = session.Setting("table"), id = session.Mirror.RecordId }, cancellationToken);

    private static async Task<bool> CreateAsync(MirrorSession session, CancellationToken cancellationToken)
    {
        var made = await session.CreateAsync(
            "records.create",
            content => new { table = session.Setting("table"), title = content.Title, description = content.Description, correlationId = session.Marker },
            cancellationToken);
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
                .Select(item => new Row(item.Text("id")!, item.Text("approverId"), DecisionOf(item.Text("state")), item.Text("changedBy"), item.Number("changes"))),
        ];
    }

    /// <summary>Takes what somebody decided in an approval of the record, and sets the approval to what it should say.</summary>
    private static async Task TakeAsync(MirrorSession session, Row row, CancellationToken cancellationToken)
    {
        var own = OwnOf(session, row);
        if (own is not null && row.Decision == NativeDecision.Requested)
        {
            Keep(session, own = own with { Waiting = row.Changes, Level = session.State.OpenLevel?.Number });
        }

        if (row.Decision == WantedOf(session, own))
        {
            Settle(session, own, row);
            return;
        }

        var why = session.State.IsOver ? MirrorText.Ended(session.State) : "Steward: this is not what the request stands at.";
        if (row.Decision is not (NativeDecision.Approved or NativeDecision.Rejected) || session.Mirror.RowOf(row.Id)?.Handled == row.Changes)
        {
            await SetAsync(session, row, why, isCorrection: true, cancellationToken);
            return;
        }

        var verdict = await JudgeAsync(session, row, own, cancellationToken);
        if (verdict.Counts && row.Decision == WantedOf(session, own))
        {
            Settle(session, own, row);
            return;
        }

        await SetAsync(session, row, verdict.Answer, !verdict.Counts, cancellationToken);
        await session.NoteAsync(verdict.Answer);
    }

    private static async Task<MirrorVerdict> JudgeAsync(MirrorSession session, Row row, MirrorRow? own, CancellationToken cancellationToken)
    {
        var named = row.ChangedBy is null ? [] : (await session.ReadAsync("users.named", new { userName = row.ChangedBy }, cancellationToken)).Items();
        var people = named.Where(one => one.Text("userName") == row.ChangedBy && !one.IsFalse("active")).ToList();
        var name = people.Count == 1 ? people[0].Text("name") ?? row.ChangedBy : row.ChangedBy;
        if (own is null)
        {
            return new(false, MirrorText.Refused(name, "Steward did not ask with this approval."));
        }

        if (people.Count != 1 || people[0].Text("id") != own.ApproverId)
        {
            return new(false, MirrorText.Refused(name, $"This approval asks {own.Email}."));
        }

        if (await AccountOfAsync(session, own.Email!, cancellationToken) != own.ApproverId)
        {
            return new(false, MirrorText.Refused(name, "By the mail address it cannot be told any more whose account that is. Decide in Steward."));
        }

        if (!session.State.IsOver && (own.Waiting is not { } waiting || row.Changes != waiting + 1 || (session.State.OpenLevel is { } level && level.Number != own.Level)))
        {
            // The last change may be anything: somebody else may have decided before it.
            return new(false, MirrorText.Refused(name, "It was changed more than once since Steward saw it last, so that nobody can tell who decided. Click again."));
        }

        // Read after the decision: before it, the record may have said something else.
        var document = row.Decision == NativeDecision.Approved ? await DocumentAsync(session, cancellationToken) : default;
        return await session.JudgeAsync(row.Decision, $"{row.Id}/{row.Changes}", new NativeAccount(own.Email, name), MirrorText.HashOf(document.Text("title"), document.Text("description")), cancellationToken);
    }

    /// <summary>Sets an approval to what it should say. That it is no decision of anybody is durable before it is sent.</summary>
    private static async Task SetAsync(MirrorSession session, Row row, string why, bool isCorrection, CancellationToken cancellationToken)
    {
        var own = OwnOf(session, row);
        var wanted = WantedOf(session, own);
        var known = own ?? new MirrorRow { Id = row.Id, Set = session.Mirror.RowOf(row.Id)?.Set };
        if (isCorrection && known.Set == wanted)
        {
            session.Correct();
        }

        if (known.Waiting is not null)
        {
            Keep(session, known = known with { Waiting = null });
            await session.NoteAsync();
        }

        var result = await session.SetAsync("approvers.set", new { id = row.Id, state = StateOf(wanted), comment = why }, cancellationToken);
        long? changes = DecisionOf(result.Text("state")) == wanted ? result.NumberOrNone("changes") : null;
        Keep(session, known with { Set = wanted, Handled = changes, Waiting = wanted == NativeDecision.Requested ? changes : null, Level = session.State.OpenLevel?.Number });
    }

    /// <summary>Asks those who are not asked there yet.</summary>
    private static async Task AskAsync(MirrorSession session, IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        var asked = MirrorPlan.SeatsOf(session.State).Where(seat => seat.Wanted == NativeDecision.Requested).Take(MirrorPlan.MaxPeople).ToList();
        var known = rows.Select(row => OwnOf(session, row)?.Email).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        var there = asked.Count(seat => known.Contains(seat.Email));
        foreach (var seat in asked.Where(seat => !known.Contains(seat.Email)))
        {
            if (await AccountOfAsync(session, seat.Email, cancellationToken) is not { } approverId)
            {
                // Nobody, or several: nobody can tell which one is meant. They decide elsewhere.
                continue;
            }

            if (session.Mirror.Rows.Any(row => seat.Email.Equals(row.Email, StringComparison.OrdinalIgnoreCase)))
            {
                // They were asked before, and that was taken away there.
                session.Correct();
            }

            var added = await session.OnceAsync($"ask/{seat.Email}", "approvers.add", new { table = session.Setting("table"), documentId = session.Mirror.RecordId, approverId }, cancellationToken);
            var id = added.Text("id") ?? throw new MirrorException("ServiceNow does not say which approval it made.");
            var isWaiting = DecisionOf(added.Text("state")) == NativeDecision.Requested;
            Keep(session, new MirrorRow { Id = id, ApproverId = approverId, Email = seat.Email, Waiting = isWaiting ? added.NumberOrNone("changes") : null, Level = session.State.OpenLevel?.Number });
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
            if (session.Mirror.IsEndTold)
            {
                session.Correct();
            }

            await session.SetAsync(
                "records.settle",
                new { table = session.Setting("table"), id = session.Mirror.RecordId, approval = wanted, state = session.Setting("closedState"), comment = MirrorText.Ended(session.State) },
                cancellationToken);
            session.Mirror = session.Mirror with { IsEndTold = true };
        }
    }

    /// <summary>The one account that works there with an address; null when there is none, or several.</summary>
    private static async Task<string?> AccountOfAsync(MirrorSession session, string email, CancellationToken cancellationToken)
    {
        var found = (await session.ReadAsync("users.find", new { email }, cancellationToken)).Items()
            .Where(one => !one.IsFalse("active") && email.Equals(one.Text("email"), StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count == 1 ? found[0].Text("id") : null;
    }

    /// <summary>What is known of an approval that Steward made and that still asks whom it asked; null for any other.</summary>
    private static MirrorRow? OwnOf(MirrorSession session, Row row) =>
        session.Mirror.RowOf(row.Id) is { ApproverId: { } approverId } known && approverId == row.ApproverId ? known : null;

    private static void Keep(MirrorSession session, MirrorRow row) => session.Mirror = session.Mirror.WithRow(row);

    /// <summary>What an approval says is known: it is nobody's decision at another level.</summary>
    private static void Settle(MirrorSession session, MirrorRow? own, Row row)
    {
        if (own is not null && row.Decision != NativeDecision.Requested)
        {
            Keep(session, own with { Waiting = null, Handled = row.Changes });
        }
    }

    private static NativeDecision WantedOf(MirrorSession session, MirrorRow? own) =>
        (own is null ? null : MirrorPlan.SeatsOf(session.State).FirstOrDefault(seat => seat.Email.Equals(own.Email, StringComparison.OrdinalIgnoreCase))?.Wanted) ?? MirrorPlan.WantedOfOthers(session.State);

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
    private sealed record Row(string Id, string? ApproverId, NativeDecision Decision, string? ChangedBy, long Changes);
}
