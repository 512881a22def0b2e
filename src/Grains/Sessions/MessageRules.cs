using System.Text.RegularExpressions;
using Steward.Errors;
using Steward.Runs;

namespace Steward.Sessions;

/// <summary>What a message may look like. Everything that a caller sends is checked here before it is kept.</summary>
internal static partial class MessageRules
{
    public const int MaxTitleLength = 200;
    private const int MaxTextLength = 32_000;
    private const int MaxOperationIdLength = 128;
    private const int MaxNameLength = 96;
    private const int MaxTags = 32;
    private static readonly string[] Strategies = ["direct", "playbook", "react", "plan"];

    public static void Check(SubmitMessage command)
    {
        if (command.Text is null or { Length: 0 or > MaxTextLength } || string.IsNullOrWhiteSpace(command.Text))
        {
            throw StewardException.Invalid("text", $"must have 1 to {MaxTextLength} characters and not be blank.");
        }

        if (command.OperationId is null or { Length: 0 or > MaxOperationIdLength })
        {
            throw StewardException.Invalid("operationId", $"must have 1 to {MaxOperationIdLength} characters.");
        }

        if (command.DoubleTexting is { } policy && !Enum.IsDefined(policy))
        {
            throw StewardException.Invalid("doubleTexting", "must be enqueue, reject, interrupt or rollback.");
        }

        if (command.Options is { } options)
        {
            Check(options);
        }
    }

    public static void CheckTitle(string? title)
    {
        if (title is { Length: > MaxTitleLength })
        {
            throw StewardException.Invalid("title", $"must have at most {MaxTitleLength} characters.");
        }
    }

    public static void CheckAgent(string? agent) =>
        Demand(agent is null || NamePattern().IsMatch(agent), "agent", $"must be the id of an agent: 1 to {MaxNameLength} of a-z, 0-9, '.', '_' and '-'.");

    private static void Check(RunRequestOptions options)
    {
        CheckAgent(options.Agent);
        Demand(options.Strategy is null || Strategies.Contains(options.Strategy), "strategy", "must be direct, playbook, react or plan.");
        Demand(options.MaxSteps is null or (>= 0 and <= 1000), "maxSteps", "must be 0 to 1000.");
        Demand(options.MaxModelCalls is null or (>= 0 and <= 1000), "maxModelCalls", "must be 0 to 1000.");
        Demand(options.MaxTokens is null or >= 0, "maxTokens", "must not be negative.");
        Demand(options.MaxCostUsd is null or (>= 0 and <= 1_000_000), "maxCostUsd", "must be 0 to 1,000,000.");
        Demand(options.MaxSeconds is null or (> 0 and <= 2_592_000), "maxSeconds", "must be more than 0 and at most 2,592,000.");
        Demand(options.WebhookId is null || NamePattern().IsMatch(options.WebhookId), "webhookId", $"must be the id of a webhook: 1 to {MaxNameLength} of a-z, 0-9, '.', '_' and '-'.");
        Demand(options.Feature is null || FeaturePattern().IsMatch(options.Feature), "feature", "must be 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.");
        Demand(options.Team is null || FeaturePattern().IsMatch(options.Team), "team", "must be 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.");
        Demand(options.Tags is null || (options.Tags.Count <= MaxTags && options.Tags.All(tag => tag.Key.Length is >= 1 and <= 64 && tag.Value is { Length: <= 512 })), "tags", $"must be at most {MaxTags} with names of 1 to 64 and values of up to 512 characters.");
        Demand(options.TraceParent is null || TraceParentPattern().IsMatch(options.TraceParent), "traceparent", "must be a W3C trace context, for example 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.");
    }

    private static void Demand(bool holds, string field, string allowed)
    {
        if (!holds)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }

    [GeneratedRegex(@"\A[a-z0-9._-]{1,96}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[a-z0-9._-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FeaturePattern();

    [GeneratedRegex(@"\A[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TraceParentPattern();
}
