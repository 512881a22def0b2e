using Steward.Engines.Models.Caching;

namespace Steward.Engines.Models.Gateway;

/// <summary>Who asks a model, and what for. It comes from what the platform verified, never from the request's own words.</summary>
public sealed record ModelCallOrigin
{
    /// <summary>The <see cref="Purpose"/> of what is said to a person.</summary>
    public const string Answer = "answer";

    /// <summary>The tenant, as <c>t-acme</c>.</summary>
    public required string TenantId { get; init; }

    /// <summary>The call's own id, unique in the tenant: reservations, settlements and cost records are kept by it, so that each counts once. Default: a new one.</summary>
    public string CallId { get; init; } = $"mc-{Guid.CreateVersion7():N}";

    /// <summary>The person, as <c>u-7</c>; null for the platform's own work.</summary>
    public string? UserId { get; init; }

    /// <summary>The person's team; null when none is known.</summary>
    public string? Team { get; init; }

    /// <summary>What of the platform asks: <c>chat</c>, <c>api</c>, <c>triage</c>, <c>mapping</c>, <c>evaluation</c> …</summary>
    public string Feature { get; init; } = "chat";

    /// <summary>What the text is for: <see cref="Answer"/>, or a step on the way such as <c>plan</c>, which nobody judges as an answer. Default <see cref="Answer"/>.</summary>
    public string Purpose { get; init; } = Answer;

    /// <summary>The caller's own tags, for chargeback.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// What the caller may see, as one opaque text: answers are shared between callers of one tenant with the same one only. Null is the person alone.
    /// </summary>
    public string? RightsScope { get; init; }

    /// <summary>The conversation or session; experiments are assigned by it. Null is the call itself.</summary>
    public string? ConversationId { get; init; }

    /// <summary>The run, when one asks.</summary>
    public string? RunId { get; init; }

    /// <summary>Whether a person waits for the answer. Default true.</summary>
    public bool IsInteractive { get; init; } = true;

    /// <summary>Whether it came by the endpoint for clients of others, where the tenant may demand tags. Default false.</summary>
    public bool IsExternal { get; init; }

    /// <summary>The registered prompt and its version that wrote the instructions, as <c>name@3</c>, or the version of the platform's built-in ones, such as <c>react-3</c>; null when neither did.</summary>
    public string? PromptVersion { get; init; }

    /// <summary>What the caller says about keeping the answer. Default: nothing.</summary>
    public ModelCacheHint Cache { get; init; } = ModelCacheHint.Default;
}
