using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Steward.Engines.Models;

namespace Steward.Grains.Tests.Hosting;

/// <summary>
/// A model that does what the last message says: <c>say WORDS</c> streams them one by one, <c>hold NAME</c> says "holding" and goes on when the test
/// releases NAME, <c>break</c> fails in a way that nobody expects.
/// </summary>
internal sealed class ScriptedModel : IChatModel, IChatModelProvider
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();
    private int _calls;

    public string Name => "scripted";

    public int Calls => _calls;

    /// <summary>What the last call was asked.</summary>
    public IReadOnlyList<ChatMessage> LastMessages { get; private set; } = [];

    public IChatModel? ForTenant(string tenantId) => this;

    public void Release(string name) => Gate(name).TrySetResult();

    public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        LastMessages = request.Messages;
        var text = request.Messages.Last(message => message.Role == ChatRole.User).Text;
        var words = text.Split(' ');
        switch (words[0])
        {
            case "hold":
                yield return new ChatText("holding");
                await Gate(words[1]).Task.WaitAsync(cancellationToken);
                yield return new ChatText(" released");
                break;
            case "break":
                throw new InvalidOperationException("An error that nobody foresaw.");
            default:
                foreach (var word in words.Skip(1))
                {
                    yield return new ChatText(word + " ");
                    await Task.Yield();
                }

                break;
        }

        yield return new ChatFinished("stop", new ChatUsage(10, 0, 5, 0.001m), Name, TimeSpan.Zero);
    }

    private TaskCompletionSource Gate(string name) => _gates.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
