using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Notifications.Answers;

namespace Steward.Notifications;

/// <summary>Says whose account in a channel is whose. Safe for concurrent use.</summary>
internal interface IChannelPeople
{
    /// <summary>The mail address of an account, in lower case.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="channel">The channel as the tenant set it up.</param>
    /// <param name="click">The click, with the channel's own ids of the person and their organisation.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The address, or null when the account is nobody's who works here; and whether that could be found out.</returns>
    Task<(string? Email, bool IsKnown)> FindAsync(string tenantId, NotificationChannel channel, ChannelClick click, CancellationToken cancellationToken);
}

/// <summary>Asks a channel's own directory whose account a click came from. What is known holds for a few minutes: people click more than once. Safe for concurrent use.</summary>
internal sealed partial class ChannelPeople(InstanceDirectory directory, IConnectorPipeline pipeline, TimeProvider time, ILogger<ChannelPeople> logger) : IChannelPeople
{
    private const int Most = 5000;
    private static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(string Tenant, string Channel, string Organisation, string Account), (string Email, long At)> _known = new();

    /// <inheritdoc/>
    public async Task<(string? Email, bool IsKnown)> FindAsync(string tenantId, NotificationChannel channel, ChannelClick click, CancellationToken cancellationToken)
    {
        // Whose account it is was judged with the organisation that the click names.
        var id = (tenantId, channel.Channel, click.ExternalTenantId, click.ExternalUserId);
        if (_known.TryGetValue(id, out var known) && time.GetElapsedTime(known.At) < KnownFor)
        {
            return (known.Email, true);
        }

        var name = channel.Settings.GetValueOrDefault(DirectorySetting) ?? channel.Instance;
        if ((await directory.ListAsync(tenantId, cancellationToken)).FirstOrDefault(target => target.Instance.Name == name) is not { } target
            || target.Template.Operations.FirstOrDefault(operation => operation.Id == "users.get") is not { } operation)
        {
            LogNoDirectory(logger, tenantId, name, channel.Channel);
            return (null, false);
        }

        var outcome = await pipeline.ExecuteAsync(
            new ConnectorCallRequest
            {
                Target = target,
                Gate = directory.GateOf(tenantId, name),
                Operation = operation,
                Arguments = JsonSerializer.SerializeToElement(new Dictionary<string, string> { [channel.Channel == NotificationChannels.Slack ? "user" : "userId"] = click.ExternalUserId }),
                ActionId = $"who/{channel.Channel}/{click.ExternalUserId}",
                Deadline = time.GetUtcNow() + Patience,
            },
            cancellationToken);
        switch (outcome)
        {
            case ActionSucceeded succeeded:
                var email = EmailOf(succeeded.Result, click);
                if (email is not null)
                {
                    if (_known.Count >= Most)
                    {
                        _known.Clear();
                    }

                    _known[id] = (email, time.GetTimestamp());
                }

                return (email, true);
            case ActionFailed { Code: "not_found" }:
                return (null, true);
            default:
                LogNotAsked(logger, tenantId, name, outcome.GetType().Name);
                return (null, false);
        }
    }

    /// <summary>The setting of a channel that names another connector by which its people are looked up.</summary>
    public const string DirectorySetting = "directory";

    // Machines, people who have left, and guests from other organisations do not decide.
    internal static string? EmailOf(JsonElement person, ChannelClick click) =>
        person.ValueKind == JsonValueKind.Object && !IsTrue(person, "deleted") && !IsTrue(person, "isBot") && !IsFalse(person, "enabled")
        && IsOf(person, click.ExternalTenantId)
        && Text(person, "email") is { Length: > 3 and <= 254 } email && email.Contains('@', StringComparison.Ordinal)
            ? email.ToLowerInvariant()
            : null;

    // In an Enterprise Grid a person belongs to several workspaces, and clicks may name any of them, or the whole. People of other organisations are in shared channels, too.
    private static bool IsOf(JsonElement person, string organisation) =>
        Text(person, "teamId") is not { } team
        || team == organisation
        || Text(person, "enterpriseId") == organisation
        || (person.TryGetProperty("enterpriseTeams", out var teams) && teams.ValueKind == JsonValueKind.Array && teams.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && one.ValueEquals(organisation)));

    private static string? Text(JsonElement person, string name) => person.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool IsTrue(JsonElement person, string name) => person.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static bool IsFalse(JsonElement person, string name) => person.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;

    [LoggerMessage(EventId = 1941, Level = LogLevel.Warning, Message = "{Tenant} has no connector '{Connector}' that can look up the people of {Channel}: clicks there cannot be taken")]
    private static partial void LogNoDirectory(ILogger logger, string tenant, string connector, string channel);

    [LoggerMessage(EventId = 1942, Level = LogLevel.Warning, Message = "{Connector} of {Tenant} could not say whose account a click came from: {Outcome}")]
    private static partial void LogNotAsked(ILogger logger, string tenant, string connector, string outcome);
}
