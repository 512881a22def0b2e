namespace Steward.Engines.Models.Gateway;

/// <summary>
/// A step of every model call's way. Stages are singletons, entered in the order of <see cref="ModelStageOrder"/> before a provider is asked, and left in the reverse order once the answer has ended. They never touch the deltas in
/// between, so a stage costs a stream nothing. Safe for concurrent use.
/// </summary>
public interface IModelStage
{
    /// <summary>Its name, for decisions and metrics.</summary>
    string Name { get; }

    /// <summary>Its place; see <see cref="ModelStageOrder"/>.</summary>
    int Order { get; }

    /// <summary>Lets the call in, changes it, or answers it.</summary>
    /// <returns>Null lets the call go on; an answer ends it here: its deltas are delivered instead, and no later stage is entered.</returns>
    /// <exception cref="ModelException">It is refused. The stage itself is then not left; the ones before it are.</exception>
    ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken);

    /// <summary>The call that it let in has ended: told once, whatever happened, also when whoever asked went away. Work that takes time is done elsewhere; nobody waits for this with an answer in hand, but the call's resources do.</summary>
    ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome);
}

/// <summary>An answer that a stage has.</summary>
/// <param name="Deltas">What is delivered, in order; ends with <see cref="ChatFinished"/>.</param>
public sealed record ModelStageAnswer(IReadOnlyList<ChatDelta> Deltas);

/// <summary>The order of the stages, in one place.</summary>
public static class ModelStageOrder
{
    /// <summary>The tenant's policy: what may be asked, required tags, the switch of the ladder.</summary>
    public const int Policy = 100;

    /// <summary>The step of the degradation ladder is noted.</summary>
    public const int LadderStep = 110;

    /// <summary>What the call costs is written down once it ended: before the caches, so that their answers are, too.</summary>
    public const int Costs = 150;

    /// <summary>Questions are counted, and a sample of the answers is handed to the judge, once the call ended.</summary>
    public const int Judging = 160;

    /// <summary>Experiments, prompts and canaries choose variants.</summary>
    public const int Experiments = 200;

    /// <summary>Injection and personal data are looked for.</summary>
    public const int Inspection = 300;

    /// <summary>The answer is known word for word.</summary>
    public const int ExactCache = 400;

    /// <summary>The answer to an equal question is known.</summary>
    public const int SemanticCache = 500;

    /// <summary>The tier is chosen.</summary>
    public const int Routing = 600;

    /// <summary>The step of the degradation ladder is applied to what no cache knew.</summary>
    public const int Ladder = 625;

    /// <summary>The chosen model can do what is asked.</summary>
    public const int Capabilities = 650;

    /// <summary>The call waits for its turn, or is shed.</summary>
    public const int Admission = 700;

    /// <summary>The budget is reserved, and settled afterwards.</summary>
    public const int Budget = 800;
}
