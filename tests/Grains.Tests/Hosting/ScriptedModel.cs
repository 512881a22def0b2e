using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Steward.Engines.Models;

namespace Steward.Grains.Tests.Hosting;

/// <summary>
/// A model that does what the last message says, step after step where it has several, separated by <c> ; </c>: <c>say WORDS</c> streams them one by one,
/// <c>hold NAME</c> says "holding" and goes on when the test releases NAME, <c>do OPERATION JSON</c> calls a tool, several at once with <c> and OPERATION JSON</c>, <c>break</c> fails in a way that nobody
/// expects, <c>broken NAME</c> does so until the test releases NAME.
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

    /// <summary>The variants of experiments that answers are in, by tenant.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<string>> Variants { get; } = new();

    /// <summary>What is answered instead of what the messages say: the arguments of the only tool.</summary>
    public Func<CancellationToken, Task<string>>? Answer { get; set; }

    public void Release(string name) => Gate(name).TrySetResult();

    public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        LastMessages = request.Messages;
        if (Answer is { } answer)
        {
            yield return new ChatToolCall(new ToolCall { Id = "call-1", Name = request.Tools.Single().Name, Arguments = await answer(cancellationToken) });
            yield return new ChatFinished("tool_calls", new ChatUsage(10, 0, 5, 0.001m), Name, TimeSpan.Zero);
            yield break;
        }

        var question = request.Messages.ToList().FindLastIndex(message => message.Role == ChatRole.User);
        var script = request.Messages[question].Text.Split(" ; ");
        var words = script[Math.Min(request.Messages.Skip(question).Count(message => message.Role == ChatRole.Assistant), script.Length - 1)].Split(' ');
        switch (words[0])
        {
            case "hold":
                yield return new ChatText("holding");
                await Gate(words[1]).Task.WaitAsync(cancellationToken);
                yield return new ChatText(" released");
                break;
            case "do":
                foreach (var call in string.Join(' ', words.Skip(1)).Split(" and "))
                {
                    yield return new ChatToolCall(new ToolCall { Id = Guid.NewGuid().ToString("n"), Name = call.Split(' ')[0], Arguments = call[(call.IndexOf(' ', StringComparison.Ordinal) + 1)..] });
                }

                yield return new ChatFinished("tool_calls", new ChatUsage(10, 0, 5, 0.001m), Name, TimeSpan.Zero) { Variants = VariantsOf(request) };
                yield break;
            case "broken" when Gate(words[1]).Task.IsCompleted:
                yield return new ChatText("mended");
                break;
            case "broken":
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

        yield return new ChatFinished("stop", new ChatUsage(10, 0, 5, 0.001m), Name, TimeSpan.Zero) { Variants = VariantsOf(request) };
    }

    private IReadOnlyList<string> VariantsOf(ChatRequest request) => request.Origin?.TenantId is { } tenant && Variants.TryGetValue(tenant, out var variants) ? variants : [];

    private TaskCompletionSource Gate(string name) => _gates.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
