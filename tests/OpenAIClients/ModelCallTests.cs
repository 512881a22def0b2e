using Orleans.Runtime;
using Steward.Errors;
using Steward.Models;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>The grain of one call: its buffer, whose it is, and its end.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class ModelCallTests(StewardEndpoint steward)
{
    [Fact]
    public async Task Read_FromASequenceNumber_GoesOnAfterIt()
    {
        var call = steward.CallOf(NewId());
        await call.Start(Ask("count to ten"));
        var all = new List<ModelCallEvent>();
        await foreach (var next in call.Read(0))
        {
            all.Add(next);
            if (next.Kind == ModelCallEventKind.Text && all.Count(seen => seen.Kind == ModelCallEventKind.Text) == 3)
            {
                // A reader that breaks off before the end leaves the call as it is.
                break;
            }
        }

        await foreach (var next in call.Read(all[^1].Sequence))
        {
            all.Add(next);
        }

        Assert.Equal(Enumerable.Range(1, all.Count).Select(number => (long)number), all.Select(seen => seen.Sequence));
        Assert.Equal((ModelCallEventKind.Begun, ModelCallEventKind.Finished), (all[0].Kind, all[^1].Kind));
        Assert.Equal("one two three four five six seven eight nine ten", string.Concat(all.Select(seen => seen.Text)));
    }

    [Fact]
    public async Task Start_Repeated_AsksTheProviderOnce()
    {
        var question = $"once only {NewId()}";
        var call = steward.CallOf(NewId());
        await call.Start(Ask(question));
        await call.Start(Ask(question));
        await foreach (var _ in call.Read(0))
        {
        }

        Assert.Single(steward.First.Requests, request => request.Body.ToJsonString().Contains(question, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Call_Repeated_ReadsTheSameCallFromItsBeginning()
    {
        var question = $"count to ten once only {NewId()}";
        var call = steward.CallOf(NewId());
        await foreach (var batch in call.Call(Ask(question)))
        {
            Assert.Equal(1, batch.Events[0].Sequence);
            // A reader that is cut off after the first events comes back.
            break;
        }

        var all = await EventsAsync(call.Call(Ask(question)));

        Assert.Equal(Enumerable.Range(1, all.Count).Select(number => (long)number), all.Select(seen => seen.Sequence));
        Assert.Equal((ModelCallEventKind.Begun, ModelCallEventKind.Finished), (all[0].Kind, all[^1].Kind));
        Assert.Single(steward.First.Requests, request => request.Body.ToJsonString().Contains(question, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stream_ReadToItsEndByTheClient_IsForgottenWithoutAWait(bool isWhole)
    {
        var id = NewId();
        await foreach (var _ in steward.Models("t-acme").StreamAsync(id, Ask("count to ten") with { IsWhole = isWhole }))
        {
        }

        // A call whose end nobody has confirmed is kept for ten seconds after each reader.
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(8));
        while (await IsKnownAsync(steward.CallOf(id, "u-admin")))
        {
            await Task.Delay(10, soon.Token);
        }
    }

    [Fact]
    public async Task Call_LastEventIsNotConfirmed_IsStillThereForAReaderThatComesBack()
    {
        var call = steward.CallOf(NewId());
        await foreach (var batch in call.Call(Ask("count to ten") with { IsWhole = true }).WithBatchSize(1))
        {
            Assert.True(batch.Events[^1].EndsCall);
            break;
        }

        Assert.True(await IsKnownAsync(call));
    }

    [Fact]
    public async Task Confirm_CallGoesOnOrIsSomebodyElses_ChangesNothing()
    {
        var id = NewId();
        await steward.CallOf(id).Start(Ask("endless of somebody"));
        await steward.CallOf(id).Confirm();
        Assert.True(await IsKnownAsync(steward.CallOf(id)));
        await steward.CallOf(id).Cancel();

        id = NewId();
        await foreach (var _ in steward.CallOf(id).Call(Ask("count to ten") with { IsWhole = true }))
        {
        }

        await steward.CallOf(id, "u-eve").Confirm();
        Assert.True(await IsKnownAsync(steward.CallOf(id)));
        await steward.CallOf(id).Confirm();
        Assert.False(await IsKnownAsync(steward.CallOf(id)));
    }

    [Fact]
    public async Task Call_Whole_GivesAllEventsAtItsEndAndTheTextInOnePiece()
    {
        var call = steward.CallOf(NewId());
        var batches = new List<ModelCallBatch>();
        await foreach (var batch in call.Call(Ask("count to ten") with { IsWhole = true }))
        {
            batches.Add(batch);
        }

        var events = Assert.Single(batches).Events;
        Assert.Equal([ModelCallEventKind.Begun, ModelCallEventKind.Text, ModelCallEventKind.Finished], events.Select(seen => seen.Kind));
        Assert.Equal([1L, 2L, 3L], events.Select(seen => seen.Sequence));
        Assert.Equal("one two three four five six seven eight nine ten", events[1].Text);
    }

    [Fact]
    public async Task Call_NobodyReadsOn_EndsUpstream()
    {
        var question = $"endless until nobody reads {NewId()}";
        var call = steward.CallOf(NewId());
        await foreach (var _ in call.Call(Ask(question)))
        {
            break;
        }

        var upstream = Assert.Single(steward.First.Requests, request => request.Body.ToJsonString().Contains(question, StringComparison.Ordinal));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        while (upstream.Outcome != RequestOutcome.Aborted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    [Fact]
    public async Task OtherPerson_NeitherReadsNorStartsNorStops()
    {
        var id = NewId();
        await steward.CallOf(id).Start(Ask("endless of somebody"));
        var other = steward.CallOf(id, "u-eve");

        async Task ReadAsync()
        {
            await foreach (var _ in other.Read(0))
            {
            }
        }

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(ReadAsync)).Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => other.Start(Ask("mine")))).Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => EventsAsync(other.Call(Ask("mine"))))).Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => other.Cancel())).Code);
        await steward.CallOf(id).Cancel();
    }

    [Fact]
    public async Task Cancel_WhileReading_EndsTheStreamAndTheRequestUpstream()
    {
        var question = $"endless until it is stopped {NewId()}";
        var call = steward.CallOf(NewId());
        await call.Start(Ask(question));
        ModelCallEvent? last = null;
        await foreach (var next in call.Read(0))
        {
            last = next;
            if (next.Kind == ModelCallEventKind.Text)
            {
                await call.Cancel();
            }
        }

        Assert.Equal((ModelCallEventKind.Failed, "cancelled"), (last!.Kind, last.Failure!.Code));
        var upstream = Assert.Single(steward.First.Requests, request => request.Body.ToJsonString().Contains(question, StringComparison.Ordinal));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (upstream.Outcome != RequestOutcome.Aborted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    [Fact]
    public async Task Read_UnknownCall_IsNotFound()
    {
        var call = steward.CallOf(NewId());
        async Task ReadAsync()
        {
            await foreach (var _ in call.Read(0))
            {
            }
        }

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(ReadAsync)).Code);
    }

    private static async Task<List<ModelCallEvent>> EventsAsync(IAsyncEnumerable<ModelCallBatch> batches)
    {
        var all = new List<ModelCallEvent>();
        await foreach (var batch in batches)
        {
            all.AddRange(batch.Events);
        }

        return all;
    }

    private static string NewId() => $"mc-{Guid.NewGuid():N}";

    private static StartModelCall Ask(string question) => new() { Model = "standard", NoCache = true, Chat = new ModelChat { Messages = [new ModelMessage { Role = "user", Text = question }] } };

    private static async Task<bool> IsKnownAsync(IModelCallGrain call)
    {
        try
        {
            await foreach (var _ in call.ReadBatches(0).WithBatchSize(1))
            {
                break;
            }

            return true;
        }
        catch (StewardException unknown) when (unknown.Code == ErrorCodes.NotFound)
        {
            return false;
        }
    }
}
