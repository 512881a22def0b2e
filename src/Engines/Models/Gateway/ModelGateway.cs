using System.Runtime.CompilerServices;
using System.Text;

namespace Steward.Engines.Models.Gateway;

/// <summary>Every model call of the platform goes through it.</summary>
public interface IModelGateway
{
    /// <summary>Whether a model is configured at all.</summary>
    bool IsConfigured { get; }

    /// <summary>Takes a call through all stages and asks a model. Whoever stops reading ends the call upstream too; what was delivered is settled.</summary>
    /// <param name="call">The call; it says afterwards what was decided.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The deltas; <see cref="ChatFinished"/> is last.</returns>
    /// <exception cref="ModelException">
    /// A stage refused it (<c>model_over_budget</c>, <c>model_overloaded</c>, <c>model_not_allowed</c> …) or the providers failed.
    /// </exception>
    IAsyncEnumerable<ChatDelta> StreamAsync(ModelCall call, CancellationToken cancellationToken);
}

/// <summary>Enters the stages in their order, asks the chain of the tier that they chose, and leaves them in reverse.</summary>
internal sealed class ModelGateway : IModelGateway
{
    private readonly IModelStage[] _stages;
    private readonly IChatModelSource _models;
    private readonly TimeProvider _time;

    public ModelGateway(IEnumerable<IModelStage> stages, IChatModelSource models, TimeProvider time) =>
        (_stages, _models, _time) = ([.. stages.OrderBy(stage => stage.Order)], models, time);

    public bool IsConfigured => _models.IsConfigured;

    public async IAsyncEnumerable<ChatDelta> StreamAsync(ModelCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        var progress = new Progress(_time.GetTimestamp());
        try
        {
            var answer = await EnterAsync(call, progress, cancellationToken);
            if (answer is not null)
            {
                foreach (var delta in answer.Deltas)
                {
                    progress.Take(delta);
                    yield return Marked(call, delta);
                }

                yield break;
            }

            await using var deltas = Model(call, progress).StreamAsync(call.Request, cancellationToken).GetAsyncEnumerator(cancellationToken);
            progress.WasAsked = true;
            while (await NextAsync(deltas, progress))
            {
                progress.Take(deltas.Current);
                yield return Marked(call, deltas.Current);
            }
        }
        finally
        {
            await LeaveAsync(call, progress);
        }
    }

    private async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, Progress progress, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var stage in _stages)
            {
                var answer = await stage.EnterAsync(call, cancellationToken);
                progress.Entered++;
                if (answer is not null)
                {
                    return answer;
                }
            }

            return null;
        }
        catch (ModelException refused)
        {
            progress.Failure = refused;
            throw;
        }
    }

    // A run's calls are known by their answers alone.
    private static ChatDelta Marked(ModelCall call, ChatDelta delta) =>
        (call.Variants.Count > 0 || call.Degradation != "full") && delta is ChatFinished finished ? finished with { Variants = [.. call.Variants], Degradation = call.Degradation } : delta;

    private IChatModel Model(ModelCall call, Progress progress)
    {
        if (_models.Find(call.Model == ModelCall.Auto ? ModelTiers.Standard : call.Model) is { } model)
        {
            return model;
        }

        progress.Failure = new ModelException("model_missing", $"The model '{call.Model}' is not configured.");
        throw progress.Failure;
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<ChatDelta> deltas, Progress progress)
    {
        try
        {
            return await deltas.MoveNextAsync();
        }
        catch (ModelException failed)
        {
            progress.Failure = failed;
            throw;
        }
    }

    // A stage that fails here must not keep the others from giving back what they hold.
    private async ValueTask LeaveAsync(ModelCall call, Progress progress)
    {
        var outcome = progress.End(_time);
        List<Exception>? failures = null;
        for (var i = progress.Entered - 1; i >= 0; i--)
        {
            try
            {
                await _stages[i].LeaveAsync(call, outcome);
            }
#pragma warning disable CA1031 // Whatever it is, it is thrown once the others are left.
            catch (Exception e)
#pragma warning restore CA1031
            {
                (failures ??= []).Add(e);
            }
        }

        CallSpan.Write(call, outcome, _time);
        if (failures is not null)
        {
            throw new AggregateException("A stage of the model gateway failed after the answer.", failures);
        }
    }

    /// <summary>What is known of a call while it goes on.</summary>
    private sealed class Progress(long began)
    {
        private readonly StringBuilder _text = new();
        private List<ToolCall>? _calls;
        private ChatFinished? _finished;

        public int Entered { get; set; }

        public bool WasAsked { get; set; }

        public ModelException? Failure { get; set; }

        public void Take(ChatDelta delta)
        {
            switch (delta)
            {
                case ChatText text:
                    _text.Append(text.Text);
                    break;
                case ChatToolCall call:
                    (_calls ??= []).Add(call.Call);
                    break;
                case ChatFinished finished:
                    _finished = finished;
                    break;
                default:
                    break;
            }
        }

        public ModelCallOutcome End(TimeProvider time) => new()
        {
            Text = _text.ToString(),
            ToolCalls = _calls ?? (IReadOnlyList<ToolCall>)[],
            Finished = _finished,
            Failure = Failure,
            IsAborted = _finished is null && Failure is null,
            Duration = time.GetElapsedTime(began),
            WasAsked = WasAsked,
        };
    }
}

/// <summary>The chains of models that are configured.</summary>
public interface IChatModelSource
{
    /// <summary>Whether there is one.</summary>
    bool IsConfigured { get; }

    /// <summary>The chain of a tier, or of one <c>provider/model</c>; null when it is not configured.</summary>
    IChatModel? Find(string model);

    /// <summary>All that can be asked for by name, as <c>provider/model</c>.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The share of models, among those that were asked lately, that fail too often and are left alone; 0 to 1.</summary>
    double OpenShare => 0;

    /// <summary>The models that were asked, and whether they are left alone since their calls from this process failed.</summary>
    IReadOnlyList<ModelTargetHealth> Health => [];

    /// <summary>
    /// Learns how other processes find the models, in place of what was learnt before. One that another process leaves alone is left alone here after one failure instead of several; one that at least two, and half of those that have
    /// asked it, leave alone is left alone here too until the first of them tries it again, unless a call from here went well in the last ten seconds.
    /// </summary>
    void Learn(IReadOnlyList<ModelTargetElsewhere> elsewhere)
    {
    }

    /// <summary>What can answer for a tier or a <c>provider/model</c>, first choice first; empty when nobody says.</summary>
    IReadOnlyList<ModelTargetName> TargetsOf(string model) => [];
}

/// <summary>One that can answer.</summary>
/// <param name="Kind">How its provider speaks: <see cref="ModelProviderOptions.OpenAI"/> or <see cref="ModelProviderOptions.Anthropic"/>.</param>
/// <param name="Name"><c>provider/model</c>.</param>
/// <param name="Model">The model as the provider names it.</param>
public sealed record ModelTargetName(string Kind, string Name, string Model);

/// <summary>A model as this process finds it.</summary>
/// <param name="Name"><c>provider/model</c>.</param>
/// <param name="OpenFor">How long it is left alone, since its calls from here failed; null when it is not.</param>
public sealed record ModelTargetHealth(string Name, TimeSpan? OpenFor);

/// <summary>A model as other processes find it.</summary>
/// <param name="Name"><c>provider/model</c>.</param>
/// <param name="Processes">How many have asked it.</param>
/// <param name="Open">How many of them leave it alone.</param>
/// <param name="OpenFor">How long the one does that tries it again first.</param>
public sealed record ModelTargetElsewhere(string Name, int Processes, int Open, TimeSpan OpenFor);
