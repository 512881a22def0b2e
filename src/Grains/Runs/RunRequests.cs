using Steward.Engines.Orchestration;
using Steward.Identity;

namespace Steward.Runs;

/// <summary>A session's command as the engine's input. Pure.</summary>
internal static class RunRequests
{
    public static RunOrigin ToOrigin(StartRun command) => new()
    {
        SessionKey = command.SessionKey,
        UserId = command.Requester.UserId,
        Background = command.Options?.Background == true,
        Agent = command.Options?.Agent,
        WebhookId = command.Options?.WebhookId,
        ContentEra = command.ContentEra,
    };

    public static RunInput ToInput(string runId, StartRun command)
    {
        var options = command.Options ?? new RunRequestOptions();
        return new RunInput
        {
            RunId = runId,
            TenantId = command.Requester.TenantId,
            Requester = ToRequester(command.Requester),
            Text = command.Text,
            ConversationId = GrainKeys.LastPart(command.SessionKey),
            Deadline = command.Deadline,
            History = ToHistory(command.Context),
            Summary = command.Context.Summary,
            WorkingMemory = command.Context.WorkingMemory.ToDictionary(slot => slot.Key, slot => slot.Value, StringComparer.Ordinal),
            Agent = options.Agent,
            Strategy = options.Strategy,
            Background = options.Background,
            ContinueAfterDeadline = options.ContinueAfterDeadline,
            ReviewPlan = options.ReviewPlan,
            Limits = options is { MaxSteps: null, MaxModelCalls: null, MaxTokens: null, MaxCostUsd: null, MaxSeconds: null }
                ? null
                : new RunLimits { Steps = options.MaxSteps, ModelCalls = options.MaxModelCalls, Tokens = options.MaxTokens, CostUsd = options.MaxCostUsd, Seconds = options.MaxSeconds },
            Feature = options.Feature,
            Team = WellKnownRoles.TeamOf(command.Requester.Roles, options.Team),
            Tags = options.Tags,
            IsExternal = options.IsExternal,
            TraceParent = options.TraceParent,
        };
    }

    public static IReadOnlyList<ConversationMessage> ToHistory(Sessions.SessionContext context) =>
        [.. context.ShortTermMemory.Select(message => new ConversationMessage { Role = message.Role, Text = message.Text })];

    private static Requester ToRequester(CallerIdentity caller) =>
        new() { UserId = caller.UserId, Email = caller.Email, Name = caller.Name, Roles = [.. caller.Roles] };
}
