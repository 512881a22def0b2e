using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Storage;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

public sealed class JournalLaneTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<JournalAppend> _appends = [];
    private readonly List<long> _taken = [];
    private readonly Queue<TaskCompletionSource<JournalAppendResult>> _answers = new();
    private int _gaveWay;

    [Fact]
    public async Task Append_WhileOneIsUnderWay_GoTogetherAndInOrder()
    {
        var (first, second) = (Answer(), Answer());
        var lane = Lane(sequence: 7);
        var appends = Enumerable.Range(0, 20).Select(i => lane.AppendAsync(Record(i), new StoredContent("same", new byte[] { 1 }))).ToList();

        Assert.Single(_appends);
        first.SetResult(new JournalAppended(8));
        second.SetResult(new JournalAppended(27));
        await Task.WhenAll(appends);

        Assert.Equal([(7L, 1), (8L, 19)], _appends.Select(append => (append.ExpectedSequence, append.Records.Count)));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"d{i}"), _appends.SelectMany(append => append.Records).Select(record => record.DeduplicationId));
        Assert.All(_appends, append => Assert.Single(append.Contents));
        Assert.Equal(Enumerable.Range(8, 20).Select(i => (long)i), _taken);
        Assert.Equal(27, lane.Sequence);
    }

    [Fact]
    public async Task Append_SomebodyElseWrote_FailsAllThatWaitAndAllThatCome()
    {
        var answer = Answer();
        var lane = Lane(sequence: 0);
        var appends = Enumerable.Range(0, 3).Select(i => lane.AppendAsync(Record(i))).ToList();

        answer.SetResult(new JournalConflict(5));

        foreach (var append in appends)
        {
            Assert.True(await Assert.ThrowsAsync<StewardException>(() => append) is { Code: ErrorCodes.Unavailable, IsRetryable: true, OutcomeUnknown: false });
        }

        await Assert.ThrowsAsync<StewardException>(() => lane.AppendAsync(Record(9)));
        Assert.Equal(1, _gaveWay);
        Assert.Single(_appends);
        Assert.Empty(_taken);
    }

    [Fact]
    public async Task Append_StoreFails_SaysThatTheOutcomeIsUnknown()
    {
        Answer().SetException(new StorageException("The connection broke."));
        var lane = Lane(sequence: 0);

        Assert.True((await Assert.ThrowsAsync<StewardException>(() => lane.AppendAsync(Record(0)))).OutcomeUnknown);
        Assert.Equal(1, _gaveWay);
    }

    private static JournalRecord Record(int i) => new() { Type = "x", Payload = "{}"u8.ToArray(), At = Start, DeduplicationId = $"d{i}" };

    private TaskCompletionSource<JournalAppendResult> Answer()
    {
        var answer = new TaskCompletionSource<JournalAppendResult>();
        _answers.Enqueue(answer);
        return answer;
    }

    private JournalLane Lane(long sequence)
    {
        var store = FakeGrain.Of<IJournalStore>((_, arguments) =>
        {
            _appends.Add((JournalAppend)arguments[0]!);
            return new ValueTask<JournalAppendResult>(_answers.Dequeue().Task);
        });
        return new JournalLane(store, "t-acme/i-triage", entry => _taken.Add(entry.Sequence), () => _gaveWay++) { Sequence = sequence };
    }
}
