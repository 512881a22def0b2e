using System.Runtime.CompilerServices;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>
/// A run's model at the lowest step of the degradation ladder: where callers are told to keep what they want and to come again (<c>model_queued</c>), the run does so itself. It waits as long as it is told to, again and again, as long as
/// its deadline leaves time; then, and for all else, the refusal stands.
/// </summary>
internal sealed class PatientModel(IChatModel model, TimeProvider time) : IChatModel
{
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
        while (true)
        {
            TimeSpan wait;
            await using (var deltas = model.StreamAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken))
            {
                bool more;
                try
                {
                    (more, wait) = (await deltas.MoveNextAsync(), TimeSpan.Zero);
                }
                catch (ModelException refused) when (refused is { Code: "model_queued", AfterFirstToken: false } && time.GetUtcNow() + (refused.RetryAfter ?? UsualWait) < (request.Deadline ?? DateTimeOffset.MaxValue))
                {
                    (more, wait) = (false, refused.RetryAfter ?? UsualWait);
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
        }
    }
}
