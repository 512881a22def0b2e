using System.Runtime.CompilerServices;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>
/// A run's model at the lowest step of the degradation ladder: where callers are told to keep what they want and to come again (<c>model_queued</c>), the run does so itself. It waits a little longer than it is told to, so that not all
/// come back at once, again and again, for at most <see cref="MaxWait"/> for one call and as long as its deadline leaves time; then, and for all else, the refusal stands. A run that waits holds its place among those that
/// work: playbooks, which need no model, want it in just such an outage.
/// </summary>
internal sealed class PatientModel(IChatModel model, TimeProvider time, IRandomSource random) : IChatModel
{
    /// <summary>How long one call waits at most, in all.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public string Name => model.Name;

    /// <inheritdoc/>
    public ModelPrice? Price => model.Price;

    /// <inheritdoc/>
    public IReadOnlyList<ModelPrice?> Prices => model.Prices;

    /// <inheritdoc/>
    public long? ContextTokens => model.ContextTokens;

    /// <inheritdoc/>
    public long ImageTokens => model.ImageTokens;

    /// <inheritdoc/>
    public ValueTask<string> StepAsync(CancellationToken cancellationToken) => model.StepAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var waited = TimeSpan.Zero;
        while (true)
        {
            var wait = TimeSpan.Zero;
            await using (var deltas = model.StreamAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken))
            {
                bool more;
                try
                {
                    more = await deltas.MoveNextAsync();
                }
                catch (ModelException refused) when (refused is { Code: "model_queued", AfterFirstToken: false } && WaitFor(refused, MaxWait - waited) is { } next && time.GetUtcNow() + next < (request.Deadline ?? DateTimeOffset.MaxValue))
                {
                    (more, wait) = (false, next);
                }

                while (more)
                {
                    yield return deltas.Current;
                    more = await deltas.MoveNextAsync();
                }
            }

            if (wait == TimeSpan.Zero)
            {
                yield break;
            }

            await Task.Delay(wait, time, cancellationToken);
            waited += wait;
        }
    }

    // Up to a quarter longer than told; null when that is more than is left.
    private TimeSpan? WaitFor(ModelException refused, TimeSpan left)
    {
        var told = refused.RetryAfter is { } after && after > TimeSpan.Zero ? after : UsualWait;
        if (told > left)
        {
            return null;
        }

        var wait = told * (1 + (random.NextDouble() / 4));
        return wait < left ? wait : left;
    }
}
