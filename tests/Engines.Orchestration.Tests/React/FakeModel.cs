using System.Runtime.CompilerServices;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Tests.React;

/// <summary>A model that says what the test tells it to, by the number of the call.</summary>
internal sealed class FakeModel(Func<int, ChatRequest, IEnumerable<ChatDelta>> answer) : IChatModel
{
    public List<ChatRequest> Requests { get; } = [];

    public string Name => "fake-1";

    public ModelPrice? Price { get; init; }

    /// <summary>The step of the degradation ladder.</summary>
    public string Step { get; init; } = "full";

    public ValueTask<string> StepAsync(CancellationToken cancellationToken) => new(Step);

    public static ChatText Say(string text) => new(text);

    public static Models.ChatToolCall Call(string name, string arguments, string id = "call_1") => new(new ToolCall { Id = id, Name = name, Arguments = arguments });

    public static ChatFinished End(string reason = "stop") => new(reason, new ChatUsage(100, 0, 10, 0.001m), "fake-1-2026", TimeSpan.FromMilliseconds(5));

    public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Requests.Add(request);

        // The conversation tells which call this is, so that a resumed run goes on and does not start again.
        foreach (var delta in answer(request.Messages.Count(message => message.Role == ChatRole.Assistant) + 1, request))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return delta;
        }
    }
}
