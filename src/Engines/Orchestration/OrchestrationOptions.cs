namespace Steward.Engines.Orchestration;

/// <summary>How runs are worked off.</summary>
public sealed class OrchestrationOptions
{
    /// <summary>
    /// The folder with the playbooks (<c>*.yaml</c>) and <c>policy.yaml</c>. Null: there are no playbooks and nothing that changes anything is allowed.
    /// </summary>
    public string? PlaybookDirectory { get; set; }

    /// <summary>
    /// The folder with the agents (<c>*.yaml</c>) and <c>strategies.yaml</c>. Null: the built-in agent answers, whose tools only read.
    /// </summary>
    public string? AgentDirectory { get; set; }

    /// <summary>
    /// <c>auto</c>: a confident playbook, else the model, else none. <c>playbook</c>: never a model. <c>react</c>: always the model.
    /// Default <c>auto</c>.
    /// </summary>
    public string Strategy { get; set; } = "auto";

    /// <summary>The score from which a playbook match is confident; 0 to 1. Default 0.6.</summary>
    public double MatchThreshold { get; set; } = 0.6;

    /// <summary>Two playbooks whose scores are closer than this are ambiguous; 0 to 1. Default 0.1.</summary>
    public double AmbiguityMargin { get; set; } = 0.1;

    /// <summary>The most steps of one run that are worked on at the same time. Default 8.</summary>
    public int MaxParallelSteps { get; set; } = 8;

    /// <summary>Whether requests may demand a strategy; <c>strategies.yaml</c> can restrict it to roles. A strategy grants no rights. Default true.</summary>
    public bool AllowCallerStrategy { get; set; } = true;

    /// <summary>The most model calls of an agent that reasons and acts while somebody waits, in a run or a hand-off. Default 8.</summary>
    public int MaxModelSteps { get; set; } = 8;

    /// <summary>The same in a run in the background. Default 25.</summary>
    public int MaxBackgroundModelSteps { get; set; } = 25;

    /// <summary>How often a task may be handed over, one inside the other. Default 3.</summary>
    public int MaxHandoffDepth { get; set; } = 3;

    /// <summary>The most tokens of one answer of a model that a budget sets aside. Default 4,096.</summary>
    public int MaxAnswerTokens { get; set; } = 4_096;

    /// <summary>What a run may use while somebody waits, whatever caller and agent allow. Default 100 steps, 60 model calls, 4,000,000 tokens.</summary>
    public RunLimits InteractiveLimits { get; set; } = new() { Steps = 100, ModelCalls = 60, Tokens = 4_000_000 };

    /// <summary>The same in the background. Default 500 steps, 250 model calls, 40,000,000 tokens.</summary>
    public RunLimits BackgroundLimits { get; set; } = new() { Steps = 500, ModelCalls = 250, Tokens = 40_000_000 };

    /// <summary>The most earlier messages that a model is told. Default 40.</summary>
    public int MaxHistoryMessages { get; set; } = 40;

    /// <summary>The most characters of earlier messages that a model is told. Default 60,000.</summary>
    public int MaxHistoryLength { get; set; } = 60_000;

    /// <summary>The most characters in which earlier messages, for which there is no room, are summed up; 0 leaves them out. Default 2,000.</summary>
    public int MaxSummaryLength { get; set; } = 2_000;

    /// <summary>The most tokens of its own calls of tools, and their results, that a model is told: beyond, the oldest calls are left out with their results. Tokens are the model's own, learnt from what it says that earlier calls of the run had; before it has said so, four characters each. Default 100,000.</summary>
    public int MaxContextTokens { get; set; } = 100_000;

    /// <summary>
    /// Where Steward itself is reached: hosts, with or without a port, or addresses; of an address with a path only what lies under it. Calls of tools that lead there are refused. The hosts that come with Steward add the addresses that they listen on.
    /// </summary>
    public string[] OwnAddresses { get; set; } = [];

    /// <summary>How often an action is sent, or a read tried, at most. Default 3.</summary>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>How often the target system is asked what became of an action before the run says that it is unknown. Default 3.</summary>
    public int MaxReconcileAttempts { get; set; } = 3;

    /// <summary>The upper end of the first wait before a repetition; doubles each time, drawn at random from zero up. Default 500 ms.</summary>
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait before a repetition, also when the target asks for more. Default 30 s.</summary>
    public TimeSpan RetryMaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the outcome of an action that is under way is waited for after the deadline or a cancellation. Default 2 s.</summary>
    public TimeSpan ActionGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a run without a deadline may take. Default 5 minutes.</summary>
    public TimeSpan DefaultDeadline { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a run without a deadline may take when nobody waits for its answer, and how long a run goes on in the background after its deadline. Default 1 hour.</summary>
    public TimeSpan BackgroundDeadline { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The longest time that a caller may give a run; a later deadline is brought forward. Default 24 hours.</summary>
    public TimeSpan MaxDeadline { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a person has to say what became of an action whose outcome cannot be looked up. Default 7 days.</summary>
    public TimeSpan UnknownOutcomeExpires { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a target system has to show what an action would do before an approval of it is asked for; zero asks without. Default 3 s.</summary>
    public TimeSpan PreviewTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether a person has to see each plan that changes something, or hands a step over, before it is worked off. Default false: agents and callers ask for reviews.</summary>
    public bool ReviewPlansThatWrite { get; set; }

    /// <summary>How long a person has to review a plan; after that the run ends without having done anything of it. Default 7 days.</summary>
    public TimeSpan PlanReviewExpires { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// How long it may take until the journal, and whoever watches, knows what a playbook has read: quick reads are recorded together with what comes after them, each slower one when this is over. Nothing that
    /// changes something begins before that. Zero records each beginning and end at once. Default 5 ms.
    /// </summary>
    public TimeSpan ProgressDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The largest preview of an action, and the largest arguments of its undoing, that are kept, in characters of JSON; longer lists are cut. Default 16,384.</summary>
    public int MaxResultLength { get; set; } = 16_384;

    /// <summary>
    /// The largest result of a step, also of an action or a hand-off, that stands in the journal and in a model's context, in characters of JSON. A longer one is stored whole, by its hash, and only its beginning
    /// stands there. Default 4,096.
    /// </summary>
    public int MaxInlineResult { get; set; } = 4_096;

    /// <summary>The largest result of a step that is stored and that a playbook's expressions see, in characters of JSON; longer lists are cut. Default 1,048,576.</summary>
    public int MaxStoredResult { get; set; } = 1_048_576;
}

internal sealed class OrchestrationOptionsValidator : Microsoft.Extensions.Options.IValidateOptions<OrchestrationOptions>
{
    public Microsoft.Extensions.Options.ValidateOptionsResult Validate(string? name, OrchestrationOptions options)
    {
        var failures = new List<string>();
        void Demand(bool condition, string message)
        {
            if (!condition)
            {
                failures.Add("Orchestration:" + message);
            }
        }

        Demand(options.PlaybookDirectory is null || Directory.Exists(options.PlaybookDirectory), $"PlaybookDirectory '{options.PlaybookDirectory}' does not exist; name the folder with the playbooks, or none.");
        Demand(options.AgentDirectory is null || Directory.Exists(options.AgentDirectory), $"AgentDirectory '{options.AgentDirectory}' does not exist; name the folder with the agents, or none.");
        if (failures.Count == 0)
        {
            // A fault in a file must stop the start, not the first run.
            try
            {
                OrchestrationDefinitions.Load(options);
            }
            catch (Definitions.DefinitionException e)
            {
                failures.AddRange(e.Errors.Select(error => error.ToString()));
            }
        }

        Demand(options.Strategy is "auto" or "playbook" or "react", "Strategy must be auto, playbook or react.");
        Demand(options.MatchThreshold is > 0 and <= 1, "MatchThreshold must be more than 0 and at most 1.");
        Demand(options.AmbiguityMargin is >= 0 and < 1, "AmbiguityMargin must be 0 to less than 1.");
        Demand(options.MaxParallelSteps is >= 1 and <= 64, "MaxParallelSteps must be 1 to 64.");
        Demand(options.MaxModelSteps is >= 1 and <= 200, "MaxModelSteps must be 1 to 200.");
        Demand(options.MaxBackgroundModelSteps is >= 1 and <= 200, "MaxBackgroundModelSteps must be 1 to 200.");
        Demand(options.MaxHandoffDepth is >= 1 and <= 8, "MaxHandoffDepth must be 1 to 8.");
        Demand(options.MaxAnswerTokens is >= 256 and <= 128_000, "MaxAnswerTokens must be 256 to 128,000.");
        Demand(options.MaxHistoryMessages is >= 0 and <= 1_000, "MaxHistoryMessages must be 0 to 1,000.");
        Demand(options.MaxSummaryLength is >= 0 and <= 100_000, "MaxSummaryLength must be 0 to 100,000.");
        Demand(options.MaxContextTokens is >= 250 and <= 25_000_000, "MaxContextTokens must be 250 to 25,000,000.");
        Demand(options.MaxHistoryLength is >= 0 and <= 10_000_000, "MaxHistoryLength must be 0 to 10,000,000.");
        Demand(IsPositive(options.InteractiveLimits) && IsPositive(options.BackgroundLimits), "InteractiveLimits and BackgroundLimits must be more than zero where they are set.");
        Demand(Array.TrueForAll(options.OwnAddresses, Limits.CallbackGuard.IsValid), "OwnAddresses must be hosts with or without a port, for example steward.example.com or 127.0.0.1:7080.");
        Demand(options.MaxAttempts is >= 1 and <= 10, "MaxAttempts must be 1 to 10.");
        Demand(options.MaxReconcileAttempts is >= 1 and <= 10, "MaxReconcileAttempts must be 1 to 10.");
        Demand(options.MaxResultLength is >= 256 and <= 1_000_000, "MaxResultLength must be 256 to 1,000,000.");
        Demand(options.MaxInlineResult is >= 256 and <= 65_536, "MaxInlineResult must be 256 to 65,536.");
        Demand(options.MaxStoredResult >= options.MaxInlineResult && options.MaxStoredResult <= 16_777_216, "MaxStoredResult must be MaxInlineResult to 16,777,216.");
        Demand(options.BackgroundDeadline > TimeSpan.Zero && options.BackgroundDeadline <= TimeSpan.FromDays(30), "BackgroundDeadline must be more than zero and at most 30 days.");
        Demand(options.MaxDeadline > TimeSpan.Zero && options.MaxDeadline <= TimeSpan.FromDays(30), "MaxDeadline must be more than zero and at most 30 days.");
        Demand(options.UnknownOutcomeExpires > TimeSpan.Zero, "UnknownOutcomeExpires must be more than zero.");
        Demand(options.PreviewTimeout >= TimeSpan.Zero && options.PreviewTimeout <= TimeSpan.FromMinutes(1), "PreviewTimeout must be zero to 1 minute.");
        Demand(options.PlanReviewExpires > TimeSpan.Zero, "PlanReviewExpires must be more than zero.");
        Demand(options.ProgressDelay >= TimeSpan.Zero && options.ProgressDelay <= TimeSpan.FromSeconds(1), "ProgressDelay must be zero to 1 second.");
        Demand(options.RetryBaseDelay >= TimeSpan.Zero && options.RetryMaxDelay >= options.RetryBaseDelay, "RetryBaseDelay must not be negative, nor more than RetryMaxDelay.");
        Demand(options.ActionGrace > TimeSpan.Zero && options.DefaultDeadline > TimeSpan.Zero, "ActionGrace and DefaultDeadline must be more than zero.");
        return failures.Count == 0 ? Microsoft.Extensions.Options.ValidateOptionsResult.Success : Microsoft.Extensions.Options.ValidateOptionsResult.Fail(failures);
    }

    private static bool IsPositive(RunLimits limits) =>
        limits is { Steps: null or > 0, ModelCalls: null or > 0, Tokens: null or > 0, CostUsd: null or > 0, Seconds: null or > 0 };
}
