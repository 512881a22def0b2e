using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Expressions;
using Steward.Engines.Orchestration.Planning;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Strategies;

namespace Steward.Engines.Orchestration.Tests;

public sealed partial class DocumentationTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "docs");

    [Fact]
    public void Events_Page_NamesEveryTypeAndField()
    {
        var page = File.ReadAllText(Path.Combine(Folder, "events.md"));
        var rows = page.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToDictionary(line => line.Split('`')[1], line => line);
        foreach (var type in typeof(RunFact).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(RunFact)) && type != typeof(UnknownFact)))
        {
            var info = RunFactJson.Default.GetTypeInfo(type)!;
            var name = ((RunFact)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type)).Type;
            Assert.True(rows.TryGetValue(name, out var row), $"{name} is not in events.md");
            foreach (var field in info.Properties.Where(property => property.Get is not null))
            {
                Assert.True(row.Contains($"`{field.Name}`", StringComparison.Ordinal), $"{name}.{field.Name} is not in events.md");
            }
        }
    }

    [Fact]
    public void Playbooks_Page_HasAnExampleThatCompiles()
    {
        var page = File.ReadAllText(Path.Combine(Folder, "playbooks.md"));
        var example = YamlBlock().Match(page).Groups["yaml"].Value;

        Assert.Equal(["find", "unlock"], PlaybookCompiler.Compile(example, "playbooks.md").Steps.Select(step => step.Id));
    }

    [Fact]
    public void Agents_Page_HasExamplesThatCompile()
    {
        var blocks = YamlBlock().Matches(File.ReadAllText(Path.Combine(Folder, "agents.md")));

        Assert.Equal("assistant", AgentCompiler.Compile(blocks[0].Groups["yaml"].Value, "agents.md").Id);
        Assert.NotNull(StrategyRules.Compile(blocks[1].Groups["yaml"].Value, "agents.md"));
    }

    [Fact]
    public void Playbooks_Page_NamesEveryFunction()
    {
        var page = File.ReadAllText(Path.Combine(Folder, "playbooks.md"));

        Assert.All(ExpressionFunction.All.Keys, name => Assert.Matches($@"`{name}[`(]", page));
    }

    [Fact]
    public void Plans_Page_HasAnExampleThatIsValid()
    {
        var example = File.ReadAllText(Path.Combine(Folder, "plans.md")).Split("```json\n")[1].Split("```")[0];
        var (document, fault) = PlanReader.Read(example);
        var tools = FakeConnectors.Company().Operations.ToDictionary(operation => operation.Id, StringComparer.Ordinal);

        Assert.Null(fault);
        Assert.Empty(PlanValidator.Check(document, new PlanScope { Tools = tools }).Faults);
    }

    [Fact]
    public void Plans_Page_NamesEveryFault()
    {
        var page = File.ReadAllText(Path.Combine(Folder, "plans.md"));

        Assert.All(Planning.PlanValidatorTests.Codes, code => Assert.Contains($"`{code}`", page, StringComparison.Ordinal));
    }

    [GeneratedRegex("```yaml\n(?<yaml>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex YamlBlock();
}
