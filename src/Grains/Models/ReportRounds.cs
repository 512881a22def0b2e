using Steward.Errors;

namespace Steward.Models;

/// <summary>What a silo hands in to grains every few seconds: in rounds that follow each other, in order, and again with the same id until it is taken. Safe for concurrent rounds.</summary>
/// <param name="most">How many batches wait at most: when the grains have been out of reach for long, the oldest go. A sample with gaps is still a sample.</param>
internal sealed class ReportRounds<T>(int most) : IDisposable
{
    private readonly SemaphoreSlim _round = new(1, 1);
    private readonly Queue<T> _unsent = [];

    /// <summary>Makes a round once the one before is over.</summary>
    public async Task RunAsync(Func<Task> round)
    {
        await _round.WaitAsync();
        try
        {
            await round();
        }
        finally
        {
            _round.Release();
        }
    }

    /// <summary>Adds a batch; within a round.</summary>
    public void Add(T batch) => _unsent.Enqueue(batch);

    /// <summary>Hands in what waits until something has to wait longer; within a round.</summary>
    /// <param name="send">Whether the batch is settled: see <see cref="TryAsync"/>.</param>
    public async Task SendAsync(Func<T, Task<bool>> send)
    {
        while (_unsent.Count > most)
        {
            _unsent.Dequeue();
        }

        while (_unsent.TryPeek(out var next) && await send(next))
        {
            _unsent.Dequeue();
        }
    }

    /// <summary>Hands something in.</summary>
    /// <param name="send">The call.</param>
    /// <param name="refused">Told when it will never be taken.</param>
    /// <param name="later">Told when it is to be tried again.</param>
    /// <returns>Whether it is settled: taken, or refused for good.</returns>
    public static async Task<bool> TryAsync(Func<Task> send, Action<Exception> refused, Action<Exception> later)
    {
        try
        {
            await send();
            return true;
        }
        catch (StewardException failure) when (!failure.IsRetryable)
        {
            refused(failure);
            return true;
        }
#pragma warning disable CA1031 // It is tried again in a few seconds.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            later(failure);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _round.Dispose();
}
