using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Errors;

namespace Steward.Models;

/// <summary>Refuses calls and settings that make no sense, whoever sends them.</summary>
internal static partial class ModelCallRules
{
    private const int MaxTags = 32;
    private const int MaxTexts = 256;
    private const int MaxMessages = 2_000;
    private const int MaxTools = 128;
    private const int MaxListed = 200;
    private const int MaxName = 200;

    /// <summary>What a forced step of the ladder may be.</summary>
    private static readonly string[] Steps = ["full", "reduced", "cached", "queue"];

    /// <summary>With whom answers may be shared that rest on the request alone: all of the tenant with the same roles, as the identity provider names them.</summary>
    public static string ScopeOf(Identity.CallerIdentity caller) => "roles:" + string.Join('\n', caller.Roles.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>Checks a call.</summary>
    public static void Check(StartModelCall call)
    {
        Demand(call.Model is { Length: >= 1 and <= MaxName }, "model", $"must have 1 to {MaxName} characters.");
        Demand(call.Chat is null != (call.Embedding is null), "model", "must be asked for a chat or for vectors.");
        Demand(FeaturePattern().IsMatch(call.Feature), "x-steward-feature", "must be 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.");
        Demand(call.Team is null || FeaturePattern().IsMatch(call.Team), "x-steward-team", "must be 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.");
        Demand(call.Tags.Count <= MaxTags && call.Tags.All(tag => tag.Key.Length is >= 1 and <= 64 && tag.Value.Length <= 512), "x-steward-tags", $"must be at most {MaxTags} tags with names of 1 to 64 and values of up to 512 characters.");
        Demand(call.ConversationId is not { Length: > MaxName }, "conversation", $"must have at most {MaxName} characters.");
        if (call.Chat is { } chat)
        {
            Demand(chat.Messages.Count is >= 1 and <= MaxMessages, "messages", $"must be 1 to {MaxMessages}.");
            Demand(chat.Messages.All(message => message.Role is "system" or "user" or "assistant" or "tool"), "messages", "must have a known role each.");
            Demand(chat.Tools.Count <= MaxTools, "tools", $"must be at most {MaxTools}.");
            Demand(chat.Tools.All(tool => IsObject(tool.Parameters)), "tools", "must have a JSON Schema as parameters each.");
            Demand(chat.Format?.Schema is null || IsObject(chat.Format.Schema), "response_format", "must have a JSON Schema that is an object.");
        }

        Demand(call.Embedding is null || (call.Embedding.Texts.Count is >= 1 and <= MaxTexts && call.Embedding.Texts.All(text => text.Length > 0)), "input", $"must be 1 to {MaxTexts} texts, none of them empty.");
    }

    /// <summary>The steps of the ladder, for messages.</summary>
    public static string StepNames => string.Join(", ", Steps);

    /// <summary>Whether the ladder has a step of this name.</summary>
    public static bool IsStep(string name) => Steps.Contains(name);

    /// <summary>Checks settings.</summary>
    public static void Check(ModelSettings settings)
    {
        Demand(settings.RequiredTags.Count <= MaxTags && settings.RequiredTags.All(tag => TagPattern().IsMatch(tag)), "requiredTags", $"must be at most {MaxTags} names of 1 to 64 characters of a-z, A-Z, 0-9, dot, underscore and hyphen.");
        Demand(settings.Models.Count <= MaxListed && settings.Models.All(model => model == "*" || (model.Length <= MaxName && model.IndexOf('/', StringComparison.Ordinal) is var slash && slash > 0 && slash < model.Length - 1)), "models", $"must be at most {MaxListed} entries provider/model, or *.");
        Demand(settings.Providers is null || (settings.Providers.Count <= MaxListed && settings.Providers.All(provider => ProviderPattern().IsMatch(provider))), "providers", $"must be at most {MaxListed} names of providers, each of 1 to 32 characters of a-z, 0-9 and hyphen.");
        Demand(settings.CostCaps.Count <= MaxListed && settings.CostCaps.All(cap => cap.Key.Length is >= 1 and <= 64 && cap.Value is >= 0 and <= 1_000), "costCaps", $"must be at most {MaxListed} intents with 0 to 1000 US dollars each.");
        Demand(settings.SemanticThreshold is >= 0.5 and <= 2, "semanticThreshold", "must be 0.5 to 2; above 1 switches the semantic cache off.");
        Demand(settings.ForcedDegradation is null || IsStep(settings.ForcedDegradation), "forcedDegradation", $"must be one of {StepNames}, or null.");
    }

    /// <summary>Refuses caps that no call could ever be held to.</summary>
    /// <param name="capped">The intents of caps that are new.</param>
    /// <param name="known">What requests may be recognised as; null where nobody knows.</param>
    public static void CheckIntents(IEnumerable<string> capped, IReadOnlyList<string>? known)
    {
        if (known is not null && capped.FirstOrDefault(intent => intent != "*" && !known.Contains(intent)) is { } unknown)
        {
            throw StewardException.Invalid("costCaps", $"has '{unknown}', which no request is recognised as; name one of {string.Join(", ", known.Order(StringComparer.Ordinal))}, or * for all others.");
        }
    }

    private static bool IsObject(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Demand(bool holds, string field, string allowed)
    {
        if (!holds)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }

    [GeneratedRegex(@"\A[a-z0-9-]{1,32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ProviderPattern();

    [GeneratedRegex(@"\A[a-z0-9._-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FeaturePattern();

    [GeneratedRegex(@"\A[a-zA-Z0-9._-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagPattern();
}
