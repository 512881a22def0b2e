using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>A deterministic way to work off one kind of request: when it applies, what it needs to know, its steps and its answer.</summary>
public sealed record Playbook
{
    /// <summary>Unique, for example <c>reset-password</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Raised with every change of meaning.</summary>
    public required int Version { get; init; }

    /// <summary>What it does, as an imperative: "Reset a password".</summary>
    public required string Title { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Description { get; init; }

    /// <summary>What a person may write.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>Breaks ties between playbooks that match equally well; higher wins.</summary>
    public required int Priority { get; init; }

    /// <summary>SHA-256 of the definition's UTF-8 text, in lower-case hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>The definition as it was written; a run keeps it, so that it ends as it began whatever becomes of the file.</summary>
    public required string Source { get; init; }

    /// <summary>The file that it stands in.</summary>
    public required string File { get; init; }

    /// <summary>When it applies.</summary>
    public required IReadOnlyList<MatchRule> Rules { get; init; }

    /// <summary>What it needs to know.</summary>
    public required IReadOnlyList<SlotDefinition> Slots { get; init; }

    /// <summary>How the message is classified.</summary>
    public required IReadOnlyList<Classifier> Classifiers { get; init; }

    /// <summary>Its steps, each after those that it needs.</summary>
    public required IReadOnlyList<PlaybookStep> Steps { get; init; }

    /// <summary>Whether a step may begin before it is known to be needed.</summary>
    public bool HasSpeculation => Steps.Any(step => step.Speculative);

    /// <summary>The answer when all went well.</summary>
    public required IReadOnlyList<AnswerBlock> Answer { get; init; }

    /// <summary>What later runs of the session may refer to, by slot of the working memory.</summary>
    public required IReadOnlyDictionary<string, Template> Remember { get; init; }
}

/// <summary>One way in which a message may ask for a playbook.</summary>
public sealed record MatchRule
{
    /// <summary>Groups of phrases; one of each must be there.</summary>
    public required IReadOnlyList<IReadOnlyList<Phrase>> All { get; init; }

    /// <summary>None of these may be there.</summary>
    public required IReadOnlyList<Phrase> None { get; init; }

    /// <summary>How sure it is; 0 to 1.</summary>
    public required double Score { get; init; }

    /// <summary>Slots that the message or the working memory must fill.</summary>
    public required IReadOnlyList<string> Requires { get; init; }
}

/// <summary>Something that a playbook needs to know.</summary>
public sealed record SlotDefinition
{
    /// <summary>Its name in expressions: <c>slots.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required SlotType Type { get; init; }

    /// <summary>Where its value may come from, in order: <c>message</c>, <c>requester</c>, <c>memory.KEY</c>.</summary>
    public required IReadOnlyList<string> From { get; init; }

    /// <summary>What to ask when it is not known; null makes it optional.</summary>
    public string? Question { get; init; }

    /// <summary>The values of an enum, each with the phrases that mean it.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Phrase>> Values { get; init; } = new Dictionary<string, IReadOnlyList<Phrase>>();

    /// <summary>For text and application: words before the value; what follows the first one found is the value.</summary>
    public IReadOnlyList<Phrase> After { get; init; } = [];

    /// <summary>For text and application: the value ends before one of these.</summary>
    public IReadOnlyList<Phrase> Before { get; init; } = [];

    /// <summary>For text: the whole message is the value when none of <see cref="After"/> is there.</summary>
    public bool WholeMessage { get; init; }

    /// <summary>For text: fewer words are no value.</summary>
    public int MinWords { get; init; } = 1;

    /// <summary>Whether a run cannot go on without it.</summary>
    public bool IsRequired => Question is not null;
}

/// <summary>What a slot holds.</summary>
public enum SlotType
{
    /// <summary>A person: the requester, a mail address, a login or a name.</summary>
    Person,

    /// <summary>A number such as INC0010023.</summary>
    Incident,

    /// <summary>A key such as ENG-42.</summary>
    Issue,

    /// <summary>The name of an application.</summary>
    Application,

    /// <summary>Free text.</summary>
    Text,

    /// <summary>One of several values.</summary>
    Enum,
}

/// <summary>Derives values from the message by rules; the first that applies wins.</summary>
public sealed record Classifier
{
    /// <summary>The rules in order.</summary>
    public required IReadOnlyList<ClassifierRule> Rules { get; init; }

    /// <summary>The values when no rule applies; names every output.</summary>
    public required JsonObject Default { get; init; }
}

/// <summary>One rule of a classifier.</summary>
/// <param name="Any">One of these must be there.</param>
/// <param name="None">None of these may be there.</param>
/// <param name="Set">The values.</param>
public sealed record ClassifierRule(IReadOnlyList<Phrase> Any, IReadOnlyList<Phrase> None, JsonObject Set);

/// <summary>One step of a playbook: a call of an operation.</summary>
public sealed record PlaybookStep
{
    /// <summary>Unique in the playbook.</summary>
    public required string Id { get; init; }

    /// <summary>What it does, for people.</summary>
    public required Template Title { get; init; }

    /// <summary>The operation, for example <c>okta.users.find</c>.</summary>
    public required string Call { get; init; }

    /// <summary>The arguments.</summary>
    public required ValueTemplate With { get; init; }

    /// <summary>The steps before it, named or referred to.</summary>
    public required IReadOnlyList<string> Needs { get; init; }

    /// <summary>Those of <see cref="Needs"/> that its arguments or its title refer to.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Whether it may begin before it is known to be needed; without effect unless it only reads.</summary>
    public bool Speculative { get; init; }

    /// <summary>The step is skipped unless this is true.</summary>
    public Expression? When { get; init; }

    /// <summary>Whether the steps after it run although it failed.</summary>
    public bool ContinueOnFailure { get; init; }

    /// <summary>How often it is tried at most; null is the platform's default.</summary>
    public int? Attempts { get; init; }

    /// <summary>What ends the run after this step, in order.</summary>
    public required IReadOnlyList<StopRule> Stop { get; init; }

    /// <summary>What to answer when it failed, by code or <c>*</c>.</summary>
    public required IReadOnlyDictionary<string, Template> OnFailure { get; init; }

    /// <summary>The line in its file.</summary>
    public required int Line { get; init; }
}

/// <summary>Ends a run early with an answer, because of what a step found.</summary>
/// <param name="When">The condition; sees the step's own result.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Ask">The slot that the answer asks for; null when it asks for nothing.</param>
public sealed record StopRule(Expression When, IReadOnlyList<AnswerBlock> Answer, string? Ask);

/// <summary>A part of an answer.</summary>
/// <param name="When">It is left out unless this is true; null always shows it.</param>
/// <param name="Each">It is repeated for each item of this list, which is then <c>item</c>; null shows it once.</param>
/// <param name="Text">The text.</param>
public sealed record AnswerBlock(Expression? When, Expression? Each, Template Text);
