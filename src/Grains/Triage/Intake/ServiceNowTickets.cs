using System.Globalization;
using System.Text.Json;
using Steward.Approvals;
using Steward.Engines.Connectors;

namespace Steward.Triage;

/// <summary>Incidents in ServiceNow. Assignment and work note are one change there: there is never one without the other.</summary>
internal sealed class ServiceNowTickets(string tenantId, string instance, IConnectorRegistry registry, TimeProvider time) : TicketSystem(tenantId, instance, registry, time)
{
    private const int Resolved = 6;
    private const int Closed = 7;
    private const int Canceled = 8;

    private const int MostSeen = 10_000;
    private const string History = "incidents.history";

    // Up to which change records were seen, and whether that one is all that happened since they were seen before.
    private readonly Dictionary<string, (long Changes, bool IsOne)> _seen = new(StringComparer.Ordinal);

    // What the instance says that the connection's account is, from the last change that it made.
    private string? _own;

    /// <inheritdoc/>
    public override async Task<TicketRecord?> ReadAsync(string record, CancellationToken cancellationToken)
    {
        if (await TryCallAsync("incidents.read", new { id = record }, record, cancellationToken) is not { } found)
        {
            return null;
        }

        if (found.Text("id") != record)
        {
            // Where rights hide it, an instance may answer with something else.
            return null;
        }

        var (group, assignedTo, state) = (Field(found.Text("group")), Field(found.Text("assignedTo")), found.Number("stateCode"));
        See(record, found.Number("changes"), found.Text("notes"));
        return new TicketRecord
        {
            Id = record,
            Group = group,
            AssignedTo = assignedTo,
            IsTaken = assignedTo is not null,
            IsOpen = state is not (Resolved or Closed or Canceled) && !found.IsFalse("active"),
            IsSolved = state is Resolved or Closed,
            ChangedBy = found.Text("updatedBy"),
            Changes = found.Number("changes"),
            Notes = found.Text("notes") ?? "",
            Ticket = new TriageTicket
            {
                Id = IdOf(record),
                ShortDescription = Cut(found.Text("shortDescription"), MostTitle),
                Description = Cut(found.Text("description"), MostText),
                Category = Field(found.Text("category")),
                Subcategory = Field(found.Text("subcategory")),
                Priority = Field(found.Text("priority")),
                Department = Field(found.Text("department")),
                Location = Field(found.Text("location") ?? found.Text("callerLocation")),
                ConfigurationItem = Field(found.Text("configurationItem")),
                OpenedAt = At(found.Text("openedAt")),
                Group = group,
            },
        };
    }

    /// <inheritdoc/>
    public override Task<bool> IsNotedAsync(TicketRecord record, bool isAgain, CancellationToken cancellationToken) => Task.FromResult(TicketNotes.IsIn(record.Notes));

    /// <inheritdoc/>
    public override async Task WriteAsync(TicketRecord record, string? groupId, string note, CancellationToken cancellationToken)
    {
        var written = await CallAsync("incidents.route", new { id = record.Id, groupId, note }, record.Id, cancellationToken);
        _own = written.Text("updatedBy") ?? _own;
        _seen[record.Id] = (written.Number("changes"), false);
    }

    /// <inheritdoc/>
    public override async Task<TicketRouting?> FindRoutingAsync(TicketRecord record, TriageDecision decision, CancellationToken cancellationToken)
    {
        // Without a note of ours that says it was assigned, the group that it came with is nobody's correction.
        var isMoved = TicketNotes.SaysAssigned(record.Notes) || !Same(record.Group, decision.TicketGroup);
        return isMoved ? await ChangeOfAsync(record, "group", "assignment_group", null, cancellationToken) : null;
    }

    /// <inheritdoc/>
    public override Task<TicketRouting?> FindSolvingAsync(TicketRecord record, CancellationToken cancellationToken) =>
        ChangeOfAsync(record, "solved", "state", [Resolved, Closed], cancellationToken);

    /// <inheritdoc/>
    protected override async Task<string?> LookUpGroupAsync(TicketRecord record, string name, CancellationToken cancellationToken)
    {
        if (await TryCallAsync("groups.find", new { text = Cut(name, 80), limit = 100 }, record.Id, cancellationToken) is not { } found)
        {
            return null;
        }

        List<JsonElement> same = [.. found.Items().Where(one => Same(one.Text("name"), name))];
        return same.Count == 1 ? same[0].Text("id") : null;
    }

    // The record says who changed it last. When more than that happened since it was seen before, it may have been somebody else who moved or solved it: the audit table knows who. Where it may not be read, nobody is named.
    private async Task<TicketRouting?> ChangeOfAsync(TicketRecord record, string what, string column, int[]? values, CancellationToken cancellationToken)
    {
        if (_own is not null && Same(record.ChangedBy, _own))
        {
            return null;
        }

        var isOnlyOne = _seen.TryGetValue(record.Id, out var seen) && seen == (record.Changes, true);
        var by = isOnlyOne ? record.ChangedBy : await FindAuthorAsync(record, column, values, cancellationToken);
        return by is not null && Same(by, _own) ? null : new TicketRouting(by, string.Create(CultureInfo.InvariantCulture, $"{what}/{record.Changes}"));
    }

    private async Task<string?> FindAuthorAsync(TicketRecord record, string column, int[]? values, CancellationToken cancellationToken)
    {
        try
        {
            if (!await HasAsync(History, cancellationToken) || await TryCallAsync(History, new { id = record.Id, column }, record.Id, cancellationToken) is not { } found)
            {
                return null;
            }

            // What came after the record was read is another event's.
            var known = found.Items().Where(change => change.Number("changes") <= record.Changes);
            return known.FirstOrDefault() is { ValueKind: JsonValueKind.Object } last && (values is null || values.Any(value => last.Text("to") == value.ToString(CultureInfo.InvariantCulture))) ? last.Text("user") : null;
        }
        catch (TicketSystemException)
        {
            // The account may read incidents and not who changed them: that takes more rights.
            return null;
        }
    }

    private void See(string record, long changes, string? notes)
    {
        var isSeen = _seen.TryGetValue(record, out var before);
        if (isSeen && before.Changes == changes)
        {
            return;
        }

        if (!isSeen && _seen.Count >= MostSeen)
        {
            _seen.Clear();
        }

        // Of a record that was not seen yet, the change that wrote the note is known.
        var known = isSeen ? before.Changes : TicketNotes.IsIn(notes) ? 1 : 0;
        _seen[record] = (changes, changes == known + 1);
    }
}
