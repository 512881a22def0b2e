using System.Diagnostics.CodeAnalysis;
using Steward.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Grains.Tests.Connectors;

/// <summary>What is published, and when the journal says that its grain is to be woken.</summary>
public sealed class HookPublisherTests(HookCluster cluster) : IClassFixture<HookCluster>
{
    private readonly ShiftedTime _time = new();
    private readonly List<int> _published = [];
    private IReadOnlyList<JournalEntry>? _known;
    private Func<Task>? _beforeRead;
    private Action? _beforeAppend;

    [Fact]
    public async Task PublishNext_SettledWhileItsContentIsRead_IsNotPublishedAgainAndWakesNobody()
    {
        var (journal, publisher, key) = await OpenAsync();
        await PublishAsync(publisher);
        _time.Advance(TimeSpan.FromSeconds(10));
        _beforeRead = () => SettleAsync(journal, publisher);

        await PublishAsync(publisher);

        Assert.Equal([1], _published);
        Assert.Null((await cluster.Journals.GetHeadAsync(key))!.WakeAt);
    }

    [Fact]
    public async Task PublishNext_SettledWhileItWaitsToBeNoted_IsNotPublishedAgainAndWakesNobody()
    {
        var (journal, publisher, key) = await OpenAsync();
        await PublishAsync(publisher);
        _time.Advance(TimeSpan.FromSeconds(10));
        var again = Task.CompletedTask;
        _beforeAppend = () =>
        {
            // Its entry queues up behind the one that is being written.
            _beforeAppend = null;
            again = PublishAsync(publisher);
        };

        await SettleAsync(journal, publisher);
        await again;

        Assert.Equal([1], _published);
        Assert.Null((await cluster.Journals.GetHeadAsync(key))!.WakeAt);
    }

    private static Task<bool> SettleAsync(FoldedJournal<HookState> journal, HookPublisher publisher) => journal.AppendAsync(
        HookRecordTypes.Settled, new HookNote { Number = 1, Subscriber = "alpha" }, HookJson.Default.HookNote, () => publisher.WakeWithout(1, "alpha"));

    private async Task PublishAsync(HookPublisher publisher) => await publisher.PublishNextAsync(
        "t-acme",
        "github",
        happened =>
        {
            _published.Add(happened.Attempt);
            return Task.CompletedTask;
        },
        default);

    private async Task<(FoldedJournal<HookState> Journal, HookPublisher Publisher, string Key)> OpenAsync()
    {
        var store = FakeGrain.Of<IJournalStore>((method, arguments) => method.Name switch
        {
            nameof(IJournalStore.ReadAsync) => Boxed(ReadAsync()),
            nameof(IJournalStore.AppendAsync) => Boxed(AppendAsync((JournalAppend)arguments[0]!)),
            nameof(IJournalStore.ReadTailAsync) => Boxed(cluster.Journals.ReadTailAsync((string)arguments[0]!, (int)arguments[1]!)),
            _ => throw new NotSupportedException(method.Name),
        });
        var key = GrainKeys.HooksJournal(GrainKeys.Connector("t-acme", "github-" + Guid.NewGuid().ToString("n")[..8]));
        var journal = new FoldedJournal<HookState>(store, key, HookJson.Default.HookState, _time, () => Assert.Fail("The journal is another's."));
        await journal.LoadAsync(default);
        await journal.AppendAsync(HookRecordTypes.Subscribed, new HookSubscriber { Name = "alpha" }, HookJson.Default.HookSubscriber, static () => null);
        await journal.AppendAsync(
            HookRecordTypes.Received, new HookReceived { Webhook = "w", Events = [new HookReceivedEvent { Id = "e", Type = "t", Payload = "{}" }] }, HookJson.Default.HookReceived, () => new JournalWake(_time.GetUtcNow()));
        _known = await cluster.Journals.ReadAsync(key, 1, 1);
        return (journal, new HookPublisher(journal, new HookOptions { RetryAfter = { TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1) } }, _time), key);
    }

    // What the proxy gives back is an object; the task in it is awaited once.
    [SuppressMessage("Performance", "CA1859", Justification = "The proxy wants an object.")]
    private static object Boxed<T>(ValueTask<T> task) => task;

    private ValueTask<JournalAppendResult> AppendAsync(JournalAppend append)
    {
        _beforeAppend?.Invoke();
        return cluster.Journals.AppendAsync(append);
    }

    // At once, where nothing is to happen before.
    private async ValueTask<IReadOnlyList<JournalEntry>> ReadAsync()
    {
        await (_beforeRead?.Invoke() ?? Task.CompletedTask);
        return _known!;
    }
}
