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
    }

    /// <inheritdoc/>
    public override Task<TicketRouting?> FindRoutingAsync(TicketRecord record, TriageDecision decision, CancellationToken cancellationToken)
    {
        // Without a note of ours that says it was assigned, the group that it came with is nobody's correction.
        var isMoved = TicketNotes.SaysAssigned(record.Notes) || !Same(record.Group, decision.TicketGroup);
        return Task.FromResult(isMoved ? ChangeOf(record, "group") : null);
    }

    /// <inheritdoc/>
    public override Task<TicketRouting?> FindSolvingAsync(TicketRecord record, CancellationToken cancellationToken) => Task.FromResult(ChangeOf(record, "solved"));

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

    // The last change is the one that is told of, unless Steward itself has written since.
    private TicketRouting? ChangeOf(TicketRecord record, string what) => _own is not null && Same(record.ChangedBy, _own)
        ? null
        : new TicketRouting(record.ChangedBy, string.Create(CultureInfo.InvariantCulture, $"{what}/{record.Changes}"));
}
