using System.Text;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Strategies;

namespace Steward.Engines.Orchestration.Tests.Playbooks;

public sealed class UtteranceTests
{
    private const double PrecisionFloor = 0.98;
    private const double RecallFloor = 0.96;

    [Fact]
    public void Select_LabelledUtterances_MeetsTheFloors()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Playbooks", "utterances.yaml");
        var samples = ((JsonArray)YamlLoader.Load(File.ReadAllText(file), "utterances.yaml").Root!["samples"]!).Select(node => (JsonObject)node!).ToList();
        var selector = new StrategySelector(new OrchestrationOptions(), StrategyRules.Default);
        IReadOnlyList<ConnectorOperation> operations = FakeConnectors.Company().Operations;
        var (right, chosen, wanted) = (0, 0, 0);
        var report = new StringBuilder();
        foreach (var sample in samples)
        {
            var memory = (sample["memory"] as JsonObject ?? []).ToDictionary(slot => slot.Key, slot => slot.Value!.GetValue<string>());
            var expected = sample["playbook"]!.GetValue<string>();
            var text = sample["text"]!.GetValue<string>();
            var actual = selector.Select(Engines.Input(text, memory: memory), Engines.SampleDefinitions.Agents.Default, Engines.SampleDefinitions.Playbooks, operations, null).Choice.Playbook ?? "none";
            chosen += actual != "none" ? 1 : 0;
            wanted += expected != "none" ? 1 : 0;
            right += actual == expected && actual != "none" ? 1 : 0;
            if (actual != expected)
            {
                report.Append('\n').Append(expected).Append(" -> ").Append(actual).Append(": ").Append(text);
            }
        }

        var (precision, recall) = ((double)right / chosen, (double)right / wanted);
        Assert.True(samples.Count >= 120 && samples.Count - wanted >= 40, $"{samples.Count} samples, {samples.Count - wanted} of none");
        Assert.True(precision >= PrecisionFloor && recall >= RecallFloor, $"precision {precision:0.000}, recall {recall:0.000}{report}");
    }

    [Theory]
    [InlineData("My laptop screen is broken, please open an incident", "My laptop screen is broken")]
    [InlineData("The printer on floor 3 jams all the time, could you open a ticket", "The printer on floor 3 jams all the time")]
    [InlineData("Open an incident: my laptop screen is broken", "my laptop screen is broken")]
    public void Select_ProblemBeforeOrAfterTheRequest_IsTheDescription(string text, string problem)
    {
        var selector = new StrategySelector(new OrchestrationOptions(), StrategyRules.Default);

        var choice = selector.Select(Engines.Input(text), Engines.SampleDefinitions.Agents.Default, Engines.SampleDefinitions.Playbooks, FakeConnectors.Company().Operations, null).Choice;

        Assert.Equal("open-incident", choice.Playbook);
        Assert.Equal(problem, choice.Slots!.Value.GetProperty("problem").GetString());
    }
}
