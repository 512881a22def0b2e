using System.Collections.Concurrent;

namespace Steward.People;

/// <summary>Answers that hold for a time: each question is asked once however many want to know it at once, failures are forgotten at once. Bounded. Safe for concurrent use.</summary>
internal sealed class DirectoryAnswers(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (Lazy<Task<object?>> Answer, long AskedAt)> _answers = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The answer that is known, or what is asked now.</summary>
    public async Task<T> GetAsync<T>(string question, TimeSpan freshFor, int most, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        if (!_answers.TryGetValue(question, out var known) || time.GetElapsedTime(known.AskedAt) > freshFor)
        {
            if (_answers.Count >= most)
            {
                // All of it can be asked again.
                _answers.Clear();
            }

            var asked = (Answer: new Lazy<Task<object?>>(() => Start(ask)), AskedAt: time.GetTimestamp());
            known = _answers.AddOrUpdate(question, asked, (_, there) => time.GetElapsedTime(there.AskedAt) > freshFor ? asked : there);
        }

        try
        {
            return (T)(await known.Answer.Value.WaitAsync(cancellationToken))!;
        }
        catch when (known.Answer.Value.IsFaulted || known.Answer.Value.IsCanceled)
        {
            _answers.TryRemove(KeyValuePair.Create(question, known));
            throw;
        }
    }

    /// <summary>The question goes on for others when this caller stops waiting: neither the caller's identity nor its scheduler belong to it.</summary>
    private static Task<object?> Start<T>(Func<Task<T>> ask)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return Task.Run(async () => (object?)await ask());
        }

        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(async () => (object?)await ask());
        }
    }
}
