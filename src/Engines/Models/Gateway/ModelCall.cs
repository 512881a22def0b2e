using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Tiers;

namespace Steward.Engines.Models.Gateway;

/// <summary>One call on its way through the pipeline. Used by one call at a time; stages change it in their order.</summary>
public sealed class ModelCall
{
    private readonly List<ModelDecision> _decisions = [];
    private (string Text, IReadOnlyList<QuestionToken> Words)? _read;

    /// <summary>Creates it.</summary>
    /// <param name="origin">Who asks.</param>
    /// <param name="request">What.</param>
    /// <param name="model">A tier of <see cref="ModelTiers.All"/>, <c>auto</c> for the one that the pipeline chooses, or <c>provider/model</c>.</param>
    /// <param name="since">When it arrived.</param>
    public ModelCall(ModelCallOrigin origin, ChatRequest request, string model, DateTimeOffset since) => (Origin, Request, Model, Since) = (origin, request, model, since);

    /// <summary>The <see cref="Model"/> that leaves the choice to the pipeline.</summary>
    public const string Auto = "auto";

    /// <summary>Who asks.</summary>
    public ModelCallOrigin Origin { get; }

    /// <summary>When it arrived.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>What is asked; stages may replace it (a shorter answer, another prompt's version).</summary>
    public ChatRequest Request { get; set; }

    /// <summary>What answers: <see cref="Auto"/> until the routing stage has chosen a tier, a tier, or <c>provider/model</c>.</summary>
    public string Model { get; set; }

    /// <summary>What the tenant allows and wants; read by the first stage.</summary>
    public ModelTenantPolicy Policy { get; set; } = ModelTenantPolicy.Default;

    /// <summary>What the person wants, by the classifier; null when unknown, or when no stage had to know.</summary>
    public string? Intent { get; set; }

    /// <summary>How sure the classifier is of the choice of tier, 0 to 1; null when nothing was classified.</summary>
    public double? RoutingConfidence { get; set; }

    /// <summary>Where the answer came from when no model was asked: <c>exact</c>, <c>semantic</c>, <c>shared</c> (an equal call under way); null otherwise.</summary>
    public string? Cache { get; set; }

    /// <summary>The step of the degradation ladder at which it is answered: <c>full</c>, <c>reduced</c>, <c>cached</c> or <c>queue</c>.</summary>
    public string Degradation { get; set; } = "full";

    /// <summary>The experiment's variants that it is in, as <c>experiment=variant</c>.</summary>
    public IList<string> Variants { get; } = [];

    /// <summary>What was decided on the way, in order; for the trace.</summary>
    public IReadOnlyList<ModelDecision> Decisions => _decisions;

    /// <summary>What the caches know of the call between its beginning and its end; null when they have nothing to do with it.</summary>
    internal CacheTicket? Ticket { get; set; }

    /// <summary>What the classifier said; null when it was not asked or could not say.</summary>
    internal RequestClass? Class { get; set; }

    /// <summary>What the classifier has taken its first look at.</summary>
    internal RequestAspects Glanced { get; set; }

    /// <summary>What the first look thought that it is about; null when it has not been taken or could not say.</summary>
    internal RequestGlance? Topics { get; set; }

    /// <summary>What no closer look is needed for any more: it is known for sure, or nobody could say.</summary>
    internal RequestAspects Settled { get; set; }

    /// <summary>The timestamp at which it was admitted.</summary>
    internal long AdmittedAt { get; set; }

    /// <summary>The words of a text. Several stages read the same one: it is read once.</summary>
    internal IReadOnlyList<QuestionToken> WordsOf(string text)
    {
        if (_read is not { } read || read.Text != text)
        {
            _read = read = (text, QuestionToken.Read(text));
        }

        return read.Words;
    }

    /// <summary>Lets go of the words that were read; who asks again reads again.</summary>
    internal void ForgetWords() => _read = null;

    /// <summary>Notes a decision.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="decision">What, in a few words; safe to show.</param>
    public void Decide(string stage, string decision) => _decisions.Add(new ModelDecision(stage, decision));
}

/// <summary>A decision about a call.</summary>
/// <param name="Stage">Who decided.</param>
/// <param name="Decision">What, in a few words; safe to show.</param>
public sealed record ModelDecision(string Stage, string Decision);

/// <summary>How a call ended; every stage that let it in is told once.</summary>
public sealed record ModelCallOutcome
{
    /// <summary>The text that was delivered.</summary>
    public required string Text { get; init; }

    /// <summary>The calls of tools that were delivered.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>The last delta; null when the call failed or nobody read to the end.</summary>
    public ChatFinished? Finished { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public ModelException? Failure { get; init; }

    /// <summary>Whether whoever asked went away before the end.</summary>
    public bool IsAborted { get; init; }

    /// <summary>From the beginning of the call to its end, the pipeline included.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Whether a model was asked at all: false for answers of a cache and for refusals of a stage.</summary>
    public required bool WasAsked { get; init; }
}
