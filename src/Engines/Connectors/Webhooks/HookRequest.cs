using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Webhooks;

/// <summary>What came in at <c>/hooks/{tenant}/{instance}</c>, before anything of it is believed.</summary>
public sealed record HookRequest
{
    /// <summary>GET or POST.</summary>
    public required string Method { get; init; }

    /// <summary>The address that the sender called, for signatures over it.</summary>
    public string Url { get; init; } = "";

    /// <summary>The query's parameters; of one that comes twice, nothing.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>The headers, whatever the case of their names; of one that comes twice, nothing.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The body, byte for byte.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>A header's value; null when there is none.</summary>
    internal string? Header(string name)
    {
        foreach (var (key, value) in Headers)
        {
            if (string.Equals(key, name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }
}

/// <summary>Whom a request is for.</summary>
/// <param name="Webhooks">What the template says.</param>
/// <param name="Fields">The instance's fields, for audiences and issuers.</param>
/// <param name="Secrets">The webhook secret and, while it is being replaced, the one before; empty when none is set, which refuses everything that needs one.</param>
public sealed record HookTarget(IReadOnlyList<WebhookTemplate> Webhooks, IReadOnlyDictionary<string, string> Fields, IReadOnlyList<SecretText> Secrets)
{
    /// <summary>Where the sender runs when it is simulated on this machine, and so publishes its keys; null for the product itself.</summary>
    public Uri? Simulator { get; init; }

    /// <summary>An instance whose address is http on loopback, where the operator allows private addresses, stands for all hosts of the product; for others null.</summary>
    public static Uri? SimulatorOf(ResolvedInstance target, bool allowPrivateAddresses) =>
        allowPrivateAddresses && InstanceAddress.Find(target) is { IsLoopback: true, Scheme: "http" } address ? address : null;
}

/// <summary>What is to be done with a request.</summary>
public abstract record HookVerdict
{
    private protected HookVerdict()
    {
    }
}

/// <summary>It is not believed, or cannot be read. Senders are told no more than that.</summary>
/// <param name="Reason">Why, for the administrator's log; holds nothing of the request.</param>
/// <param name="IsTransient">Whether the same request may be believed later, since the sender's keys could not be had.</param>
public sealed record HookRefused(string Reason, bool IsTransient = false) : HookVerdict;

/// <summary>It is a handshake.</summary>
/// <param name="Body">The answer.</param>
/// <param name="ContentType">Its media type.</param>
public sealed record HookChallenged(string Body, string ContentType) : HookVerdict;

/// <summary>It is genuine.</summary>
/// <param name="Webhook">Which of the template's webhooks it is.</param>
/// <param name="Events">The events, in the sender's order.</param>
public sealed record HookAccepted(WebhookTemplate Webhook, IReadOnlyList<HookEvent> Events) : HookVerdict;

/// <summary>One event.</summary>
/// <param name="Id">What stays the same when the sender repeats it; at most 128 characters.</param>
/// <param name="Type">The sender's own name of its type; empty when it says none.</param>
/// <param name="Payload">The event as it was sent.</param>
/// <param name="SignedId">
/// A hash of what is signed, where the sender's id is not: whoever repeats a captured request under another id cannot change this. Null where the id is part of what is signed.
/// </param>
public sealed record HookEvent(string Id, string Type, JsonElement Payload, string? SignedId = null)
{
    /// <summary>Where the template's rules send it; empty when none of them holds.</summary>
    public string Route { get; init; } = "";
}
