using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Connectors;

namespace Steward.Triage;

/// <summary>
/// The tickets of one connector instance, read and written in the platform's name with the operations that the tenant's admins switched on. What it remembers, names of groups and its own account, holds for minutes. Used by the
/// turns of one grain.
/// </summary>
/// <param name="tenantId">The tenant.</param>
/// <param name="instance">The connector instance.</param>
/// <param name="registry">All connectors.</param>
/// <param name="time">The clock.</param>
internal abstract class TicketSystem(string tenantId, string instance, IConnectorRegistry registry, TimeProvider time)
{
    private const int MostGroups = 1_000;
    private static readonly TimeSpan GroupsHoldFor = TimeSpan.FromMinutes(5);
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly Dictionary<string, (string? Id, DateTimeOffset Until)> _groups = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The connector instance.</summary>
    public string Instance => instance;

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>Makes the one for a kind of system.</summary>
    public static TicketSystem Of(TicketSystemKind kind, string tenantId, string instance, IConnectorRegistry registry, TimeProvider time) =>
        kind == TicketSystemKind.Jira ? new JiraTickets(tenantId, instance, registry, time) : new ServiceNowTickets(tenantId, instance, registry, time);

    /// <summary>How triage names a ticket: <c>servicenow:9d38…</c>.</summary>
    public string IdOf(string record) => $"{instance}:{record}";

    /// <summary>The ticket as it is now; null when there is none.</summary>
    /// <exception cref="TicketSystemException">The system does not say.</exception>
    public abstract Task<TicketRecord?> ReadAsync(string record, CancellationToken cancellationToken);

    /// <summary>Whether the comment of triage is there already.</summary>
    /// <param name="record">The ticket.</param>
    /// <param name="isAgain">Whether an earlier attempt may have written it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public abstract Task<bool> IsNotedAsync(TicketRecord record, bool isAgain, CancellationToken cancellationToken);

    /// <summary>Gives the ticket to a group, and says why. Sent once; when this fails, it may have been done.</summary>
    /// <param name="record">The ticket.</param>
    /// <param name="groupId">The group, from <see cref="FindGroupAsync"/>; null leaves the group.</param>
    /// <param name="note">The comment.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public abstract Task WriteAsync(TicketRecord record, string? groupId, string note, CancellationToken cancellationToken);

    /// <summary>Who gave the ticket its group after triage had decided; null when nobody but Steward itself did.</summary>
    public abstract Task<TicketRouting?> FindRoutingAsync(TicketRecord record, TriageDecision decision, CancellationToken cancellationToken);

    /// <summary>Who solved a ticket that is solved; null when that was Steward itself.</summary>
    public abstract Task<TicketRouting?> FindSolvingAsync(TicketRecord record, CancellationToken cancellationToken);

    /// <summary>The id of the group with exactly this name; null when there is none, or several.</summary>
    public async Task<string?> FindGroupAsync(TicketRecord record, string name, CancellationToken cancellationToken)
    {
        var key = $"{record.Project}/{name}";
        var now = time.GetUtcNow();
        if (_groups.TryGetValue(key, out var known) && known.Until > now)
        {
            return known.Id;
        }

        var found = await LookUpGroupAsync(record, name, cancellationToken);
        if (_groups.Count >= MostGroups)
        {
            _groups.Clear();
        }

        _groups[key] = (found, now + GroupsHoldFor);
        return found;
    }

    /// <summary>Looks a group up.</summary>
    protected abstract Task<string?> LookUpGroupAsync(TicketRecord record, string name, CancellationToken cancellationToken);

    /// <summary>Calls an operation.</summary>
    /// <exception cref="TicketSystemException">It was not done, or that is not known.</exception>
    protected async Task<JsonElement> CallAsync(string operation, object arguments, string record, CancellationToken cancellationToken) =>
        await TryCallAsync(operation, arguments, record, cancellationToken) ?? throw new TicketSystemException($"{instance} does not know {record}.");

    /// <summary>Whether an operation that triage can do without is switched on.</summary>
    protected async Task<bool> HasAsync(string operation, CancellationToken cancellationToken)
    {
        var id = $"{instance}.{operation}";
        return (await registry.OpenAsync(tenantId, null, cancellationToken)).Operations.Any(known => known.Id == id);
    }

    /// <summary>Calls an operation; null when what it names does not exist.</summary>
    /// <exception cref="TicketSystemException">It was not done, or that is not known.</exception>
    protected async Task<JsonElement?> TryCallAsync(string operation, object arguments, string record, CancellationToken cancellationToken)
    {
        var open = await registry.OpenAsync(tenantId, null, cancellationToken);
        var id = $"{instance}.{operation}";
        if (!open.Operations.Any(known => known.Id == id))
        {
            throw new TicketSystemException($"The operation {operation} of the connector '{instance}' is not there, or not switched on: triage needs it.");
        }

        var request = new ActionRequest { ActionId = $"triage/{tenantId}/{record}/{operation}", OperationId = id, Arguments = JsonSerializer.SerializeToElement(arguments, Json) };
        return await open.ExecuteAsync(request, cancellationToken) switch
        {
            ActionSucceeded succeeded => succeeded.Result,
            ActionFailed { Code: "not_found" } => null,
            ActionFailed failed => throw new TicketSystemException(failed.Message),
            ActionUnknown unknown => throw new TicketSystemException(unknown.Reason),
            _ => throw new TicketSystemException("The system could not be asked."),
        };
    }

    /// <summary>Whether two names are one, as the systems compare them.</summary>
    public static bool Same(string? one, string? other) => string.Equals(one?.Trim(), other?.Trim(), StringComparison.OrdinalIgnoreCase);

    /// <summary>Text cut to what triage takes, never within a surrogate pair.</summary>
    protected static string Cut(string? text, int most)
    {
        text ??= "";
        return text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
    }

    /// <summary>A short field, or null.</summary>
    protected static string? Field(string? text) => string.IsNullOrWhiteSpace(text) ? null : Cut(text.Trim(), MostField);

    /// <summary>A moment as connectors write it, or null.</summary>
    protected static DateTimeOffset? At(string? text) =>
        DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>The longest title that triage takes.</summary>
    protected const int MostTitle = 1_000;

    /// <summary>The longest text that triage takes.</summary>
    protected const int MostText = 100_000;

    private const int MostField = 200;
}
