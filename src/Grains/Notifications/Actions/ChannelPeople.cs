using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;

namespace Steward.Notifications;

/// <summary>Asks a channel's own directory whose account a click came from. What is known holds for a few minutes: people click more than once. Safe for concurrent use.</summary>
internal sealed partial class ChannelPeople(InstanceDirectory directory, IConnectorPipeline pipeline, TimeProvider time, ILogger<ChannelPeople> logger)
{
    private const int Most = 5000;
    private static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly System.Collections.Concurrent.ConcurrentDictionary<(string Tenant, string Channel, string Account), (string Email, long At)> _known = new();

    /// <summary>The mail address of an account, in lower case.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="channel">The channel as the tenant set it up.</param>
    /// <param name="account">The channel's own id of the person.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The address, or null when the account is nobody's who works here; and whether that could be found out.</returns>
    public async Task<(string? Email, bool IsKnown)> FindAsync(string tenantId, NotificationChannel channel, string account, CancellationToken cancellationToken)
    {
        var id = (tenantId, channel.Channel, account);
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
                Arguments = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["userId"] = account }),
                ActionId = $"who/{channel.Channel}/{account}",
                Deadline = time.GetUtcNow() + Patience,
            },
            cancellationToken);
        switch (outcome)
        {
            case ActionSucceeded succeeded:
                var email = EmailOf(succeeded.Result);
                if (email is not null)
                {
                    if (_known.Count >= Most)
                    {
                        _known.Clear();
                    }

                    _known[id] = (email, time.GetTimestamp());
                }

                return (email, true);
            case ActionFailed { Code: FailureCodes.NotFound }:
                return (null, true);
            default:
                LogNotAsked(logger, tenantId, name, outcome.GetType().Name);
                return (null, false);
        }
    }

    /// <summary>The setting of a channel that names another connector by which its people are looked up.</summary>
    public const string DirectorySetting = "directory";

    // Machines, and people who have left, do not decide.
    private static string? EmailOf(JsonElement person) =>
        person.ValueKind == JsonValueKind.Object && !IsTrue(person, "deleted") && !IsTrue(person, "isBot") && !IsTrue(person, "isStranger") && !IsFalse(person, "enabled")
        && person.TryGetProperty("email", out var email) && email.ValueKind == JsonValueKind.String && email.GetString() is { Length: > 3 and <= 254 } text && text.Contains('@', StringComparison.Ordinal)
            ? text.ToLowerInvariant()
            : null;

    private static bool IsTrue(JsonElement person, string name) => person.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static bool IsFalse(JsonElement person, string name) => person.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.False;

    [LoggerMessage(EventId = 1941, Level = LogLevel.Warning, Message = "{Tenant} has no connector '{Connector}' that can look up the people of {Channel}: clicks there cannot be taken")]
    private static partial void LogNoDirectory(ILogger logger, string tenant, string connector, string channel);

    [LoggerMessage(EventId = 1942, Level = LogLevel.Warning, Message = "{Connector} of {Tenant} could not say whose account a click came from: {Outcome}")]
    private static partial void LogNotAsked(ILogger logger, string tenant, string connector, string outcome);
}
