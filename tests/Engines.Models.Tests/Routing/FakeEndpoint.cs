using System.Runtime.CompilerServices;
using Steward.Engines.Models.Providers;

namespace Steward.Engines.Models.Tests.Routing;

/// <summary>Answers as the test says, by the number of the attempt from 1.</summary>
internal sealed class FakeEndpoint(Func<int, CancellationToken, IAsyncEnumerable<ChatDelta>> answer) : IModelEndpoint
{
    private int _asked;

    public string ProviderKind => "openai";

    public Uri Server => new("http://127.0.0.1:1/");

    public int Asked => _asked;

    public static FakeEndpoint Saying(string text) => new((_, _) => Answer(new ChatText(text), End()));

    public static FakeEndpoint Failing(string code, TimeSpan? retryAfter = null, int times = int.MaxValue) => new((attempt, _) => attempt <= times ? Failure(code, retryAfter) : Answer(new ChatText("ok"), End()));

    public static ChatFinished End() => new("stop", new ChatUsage(10, 0, 5, null), "m", TimeSpan.Zero);

    public IAsyncEnumerable<ChatDelta> AskAsync(ChatRequest request, CancellationToken cancellationToken) => answer(Interlocked.Increment(ref _asked), cancellationToken);

    public ModelException? Explain(Exception exception, bool hasBegun) => exception is ModelException failure
        ? new ModelException(failure.Code, failure.Message) { IsRetryable = failure.IsRetryable, RetryAfter = failure.RetryAfter, AfterFirstToken = hasBegun }
        : null;

    public static async IAsyncEnumerable<ChatDelta> Answer(params ChatDelta[] deltas)
    {
        await Task.Yield();
        foreach (var delta in deltas)
        {
            yield return delta;
        }
    }

    public static async IAsyncEnumerable<ChatDelta> Failure(string code, TimeSpan? retryAfter = null, params ChatDelta[] before)
    {
        await Task.Yield();
        foreach (var delta in before)
        {
            yield return delta;
        }

        throw new ModelException(code, code) { IsRetryable = code is not ("model_rejected" or "model_unauthenticated" or "model_missing"), RetryAfter = retryAfter };
    }

    public static async IAsyncEnumerable<ChatDelta> Silence([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
