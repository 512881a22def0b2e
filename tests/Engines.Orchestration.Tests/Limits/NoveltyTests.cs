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

        Assert.Equal(stalled, Novelty.IsStalled(calls, id => new StepState { StepId = id, Title = id, Ordinal = 0, Status = StepStatus.Done, Result = result }));
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
