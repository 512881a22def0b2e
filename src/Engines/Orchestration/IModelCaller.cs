using Steward.Engines.Models;

namespace Steward.Engines.Orchestration;

/// <summary>Asks the model in the name of a run: reserves its budget, stores the prompt by its hash and records what came of it.</summary>
internal interface IModelCaller
{
    /// <summary>How many tokens the model can read and write together; null when that is not known.</summary>
    long? ContextTokens => null;

    /// <summary>Asks once. Refused when a budget is used up.</summary>
    /// <exception cref="ModelException">It failed after its retries; <c>model.failed</c> is recorded.</exception>
    /// <exception cref="BudgetExhaustedException">A budget is used up; <c>budget.exhausted</c> is recorded.</exception>
    Task<ModelAnswer> AskAsync(ModelQuestion question);
}

/// <summary>One question to the model.</summary>
internal sealed record ModelQuestion
{
    /// <summary>The conversation, oldest first.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The tools.</summary>
    public IReadOnlyList<ToolDefinition> Tools { get; init; } = [];

    /// <summary>Whether tools may be called.</summary>
    public bool AllowToolCalls { get; init; } = true;

    /// <summary><c>answer</c>: its text is streamed into the run's answer. <c>plan</c> and <c>summary</c>: its text is only recorded in <c>model.called</c>.</summary>
    public string Purpose { get; init; } = "answer";

    /// <summary>The version of the instructions: <c>name@3</c> of a registered prompt, or that of the built-in ones.</summary>
    public required string PromptVersion { get; init; }

    /// <summary>The hand-off inside which it is asked; its text is then only recorded. Null for the run itself.</summary>
    public string? Scope { get; init; }
}

/// <summary>What the model answered.</summary>
/// <param name="Called">The fact; part of <paramref name="Facts"/>.</param>
/// <param name="Text">Its text.</param>
/// <param name="Facts">What is still to be recorded by the caller, together with what follows from it.</param>
/// <param name="Contents">What these facts refer to.</param>
internal sealed record ModelAnswer(ModelCalled Called, string Text, IReadOnlyList<RunFact> Facts, IReadOnlyList<RunContent> Contents);

/// <summary>A budget of the run is used up, which is recorded already: the run ends with what it knows.</summary>
internal sealed class BudgetExhaustedException(BudgetExhausted exhausted) : Exception($"The budget of {exhausted.Budget} is used up.")
{
    public BudgetExhausted Exhausted { get; } = exhausted;
}
