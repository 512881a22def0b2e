using System.Text.Json;
using Steward.Engines.Orchestration.Limits;

namespace Steward.Engines.Orchestration.Tests.Limits;

public class NoveltyTests
{
    [Theory]
    [InlineData("""{"a":1,"a":2}""", """{"a":1,"a":2}""", true)]
    [InlineData("""{"a":1,"b":2}""", """{ "b": 2, "a": 1 }""", true)]
    [InlineData("""{"a":1}""", """{"a":2}""", false)]
    [InlineData("{not json", "{not json", true)]
    public void IsStalled_LastTwoStepsFoundTheSameAsTheFirst_ComparesWhatWasAskedAsContent(string first, string later, bool stalled)
    {
        ModelCalled[] calls = [Call(1, first), Call(2, later), Call(3, later)];
        var result = JsonDocument.Parse("""{"value":1}""").RootElement;

        Assert.Equal(stalled, new Novelty().IsStalled(calls, id => new StepState { StepId = id, Title = id, Ordinal = 0, Status = StepStatus.Done, Result = result }));
    }

    [Fact]
    public void IsStalled_AskedAfterEachStep_ReadsEachResultOnce()
    {
        var novelty = new Novelty();
        var calls = new List<ModelCalled>();
        var read = 0;
        for (var step = 1; step <= 50; step++)
        {
            calls.Add(Call(step, $$"""{"a":{{step}}}"""));
            Assert.False(novelty.IsStalled(calls, Find));
        }

        Assert.Equal(50, read);

        StepState Find(string id)
        {
            read++;
            return new StepState { StepId = id, Title = id, Ordinal = 0, Status = StepStatus.Done, Result = JsonDocument.Parse($"\"{id}\"").RootElement };
        }
    }

    [Fact]
    public void NoveltyOf_ReplayedRun_ForgetsWhatBeginsAnew()
    {
        var snapshot = new RunSnapshot();
        Apply(snapshot, new StrategyChosen { Strategy = "react", Reason = "r" }, Call(1, "{}"), new StepFailed { StepId = "m1_1", Code = "unavailable", Message = "Down." }, new RunEnded { Phase = RunPhase.Failed, IsTechnical = true });
        var before = snapshot.NoveltyOf(null);
        Assert.False(before.IsStalled(snapshot.ModelCalls, snapshot.FindStep));
        Assert.Same(before, snapshot.NoveltyOf(null));
        Assert.NotSame(before, snapshot.NoveltyOf("m1_1"));

        Apply(snapshot, new RunReplayed { Attempt = 2, By = "u-admin" });

        Assert.NotSame(before, snapshot.NoveltyOf(null));
    }

    private static void Apply(RunSnapshot snapshot, params ReadOnlySpan<RunFact> facts)
    {
        foreach (var fact in facts)
        {
            snapshot.Apply(fact, DateTimeOffset.UnixEpoch);
        }
    }

    private static ModelCalled Call(int number, string arguments) => new()
    {
        Call = number,
        Model = "m",
        FinishReason = "tool_calls",
        AnswerFrom = 0,
        AnswerLength = 0,
        ToolCalls = [new ModelToolCall { Id = $"c{number}", StepId = $"m{number}_1", Name = "read", Arguments = arguments }],
    };
}
