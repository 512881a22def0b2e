using System.Text.Json;
using Steward.Approvals;
using Steward.Engines.Connectors;

namespace Steward.Triage;

/// <summary>Issues in Jira. An issue's component is the group that works on it; who set it is what Jira's own log of changes says.</summary>
internal sealed class JiraTickets(string tenantId, string instance, IConnectorRegistry registry, TimeProvider time) : TicketSystem(tenantId, instance, registry, time)
{
    private const string Done = "Done";
    private static readonly TimeSpan OwnHoldsFor = TimeSpan.FromMinutes(30);

    private string? _own;
    private DateTimeOffset _ownUntil;

    /// <inheritdoc/>
    public override async Task<TicketRecord?> ReadAsync(string record, CancellationToken cancellationToken)
    {
        // An issue that was moved to another project answers to its old key, too: it is another ticket's name.
        if (await TryCallAsync("issues.get", new { key = record }, record, cancellationToken) is not { } found || found.Text("key") != record)
        {
            return null;
        }

        var components = found.Items("components").Select(one => one.GetString()).OfType<string>().ToList();
        var group = components.Count == 0 ? null : Field(string.Join(", ", components));
        var isDone = found.Text("statusCategory") == Done || found.Text("resolution") is { Length: > 0 };
        return new TicketRecord
        {
            Id = record,
            Project = found.Text("project"),
            Group = group,
            AssignedTo = Field(found.Text("assignee")),
            IsTaken = components.Count > 1,
            IsShared = components.Count > 1,
            IsOpen = !isDone,
            IsSolved = isDone,
            Ticket = new TriageTicket
            {
                Id = IdOf(record),
                ShortDescription = Cut(found.Text("summary"), MostTitle),
                Description = Cut(found.Text("description"), MostText),
                Category = Field(found.Text("issueType")),
                Priority = Field(found.Text("priority")),
                OpenedAt = At(found.Text("created")),
                Group = group,
            },
        };
    }

    /// <inheritdoc/>
    public override async Task<bool> IsNotedAsync(TicketRecord record, bool isAgain, CancellationToken cancellationToken)
    {
        if (!isAgain)
        {
            return false;
        }

        var own = await OwnAsync(record, cancellationToken);
        var comments = await CallAsync("issues.comments", new { key = record.Id }, record.Id, cancellationToken);
        return comments.Items().Any(comment => comment.Text("accountId") == own && TicketNotes.IsIn(comment.Text("text")));
    }

    /// <inheritdoc/>
    public override async Task WriteAsync(TicketRecord record, string? groupId, string note, CancellationToken cancellationToken)
    {
        if (groupId is not null)
        {
            // Setting it again does no harm; the comment, which must not come twice, is last.
            await CallAsync("issues.set_component", new { key = record.Id, componentId = groupId }, record.Id, cancellationToken);
        }

        // What a customer of a service project would read there is said by people.
        await CallAsync("issues.comment", new { key = record.Id, comment = note, @internal = true }, record.Id, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<TicketRouting?> FindRoutingAsync(TicketRecord record, TriageDecision decision, CancellationToken cancellationToken) => LastAsync(record, "Component", cancellationToken);

    /// <inheritdoc/>
    public override Task<TicketRouting?> FindSolvingAsync(TicketRecord record, CancellationToken cancellationToken) => LastAsync(record, "status", cancellationToken);

    /// <inheritdoc/>
    protected override async Task<string?> LookUpGroupAsync(TicketRecord record, string name, CancellationToken cancellationToken)
    {
        if (record.Project is not { } project || await TryCallAsync("projects.components", new { project }, record.Id, cancellationToken) is not { } found)
        {
            return null;
        }

        List<JsonElement> same = [.. found.Items().Where(one => Same(one.Text("name"), name))];
        return same.Count == 1 ? same[0].Text("id") : null;
    }

    // Nobody but Steward, or so much has happened that the log does not say who: no person said anything then.
    private async Task<TicketRouting?> LastAsync(TicketRecord record, string field, CancellationToken cancellationToken)
    {
        var log = await CallAsync("issues.changelog", new { key = record.Id }, record.Id, cancellationToken);
        var last = log.IsTrue("truncated") ? default : log.Items().LastOrDefault(change => change.Items("fields").Any(changed => changed.GetString() == field));
        return last.ValueKind == JsonValueKind.Object && last.Text("id") is { } id && last.Text("accountId") is { } account && account != await OwnAsync(record, cancellationToken)
            ? new TicketRouting(account, id)
            : null;
    }

    private async Task<string> OwnAsync(TicketRecord record, CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        if (_own is null || _ownUntil <= now)
        {
            _own = (await CallAsync("users.me", new { }, record.Id, cancellationToken)).Text("accountId") ?? throw new TicketSystemException($"{Instance} does not say whose account is used.");
            _ownUntil = now + OwnHoldsFor;
        }

        return _own;
    }
}
