using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Tests.Engine;

namespace Steward.Engines.Orchestration.Tests.Agents;

public sealed class AgentCatalogTests(SampleCompany company) : IClassFixture<SampleCompany>
{
    private const string Head = "id: assistant\nversion: 1\ntitle: A\ndescription: D\ninstructions: I\n";

    [Theory]
    [InlineData("surprise: 1", 6, "surprise: is not a known field")]
    [InlineData("strategies: [react, guess]", 6, "strategies.1")]
    [InlineData("model: huge", 6, "model")]
    [InlineData("tools: { read: ['a b'] }", 6, "tools.read.0")]
    [InlineData("tools: { delete: ['*'] }", 6, "tools.delete: is not a known field")]
    [InlineData("limits: { tokens: 10 }", 6, "limits.tokens")]
    [InlineData("limits: { costUsd: 0 }", 6, "limits.costUsd")]
    [InlineData("limits: { seconds: 9999999 }", 6, "limits.seconds")]
    [InlineData("limits: { wishes: 3 }", 6, "limits.wishes: is not a known field")]
    [InlineData("handoffs: [nobody]", 6, "there is no agent 'nobody'; there are assistant")]
    [InlineData("id: other", 6, "the key 'id' appears twice")]
    public void Load_FaultyAgent_NamesFileLineAndFault(string line, int number, string message)
    {
        var error = Assert.Single(LoadFaults(("assistant.yaml", Head + line + "\n")));

        Assert.Equal(("assistant.yaml", number), (error.File, error.Line));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoAssistant_SaysThatOneIsNeeded() =>
        Assert.Contains("one agent must be called 'assistant'", Assert.Single(LoadFaults(("other.yaml", Head.Replace("assistant", "other", StringComparison.Ordinal)))).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_SameIdTwice_NamesBothFiles()
    {
        var error = Assert.Single(LoadFaults(("a.yaml", Head), ("b.yaml", Head)));

        Assert.Equal("b.yaml:1: the agent 'assistant' is also in a.yaml.", error.ToString());
    }

    [Fact]
    public void Load_HandoffsInACircle_AreAllowed()
    {
        var catalog = Engines.Agents(Head + "handoffs: [other]\n", Head.Replace("id: assistant", "id: other", StringComparison.Ordinal) + "handoffs: [assistant]\n");

        Assert.Equal(["assistant", "other"], catalog.Agents.Select(agent => agent.Id));
    }

    [Fact]
    public void BuiltIn_Assistant_HasNoToolThatChangesAnything() =>
        Assert.All(AgentTools.Of(AgentCatalog.BuiltIn.Default, company.Connectors.ForTenant("t-acme").Operations), operation => Assert.Equal(OperationEffect.Read, operation.Effect));

    [Fact]
    public void Samples_Patterns_AllNameOperationsThatExist()
    {
        var operations = company.Connectors.ForTenant("t-acme").Operations;

        Assert.Equal(["assistant", "it-support", "researcher"], Engines.SampleDefinitions.Agents.Agents.Select(agent => agent.Id));
        Assert.All(Engines.SampleDefinitions.Agents.Agents, agent =>
        {
            Assert.All(agent.WriteTools, pattern => Assert.Contains(operations, operation => operation.Effect != OperationEffect.Read && AgentTools.Fits(pattern, operation.Id)));
            Assert.All(agent.ReadTools, pattern => Assert.Contains(operations, operation => operation.Effect == OperationEffect.Read && AgentTools.Fits(pattern, operation.Id)));
        });
    }

    [Fact]
    public void Of_SameAgentAndOperations_GivesTheSameTools()
    {
        var (agent, operations) = (Engines.SampleDefinitions.Agents.Default, company.Connectors.ForTenant("t-acme").Operations);

        Assert.Same(AgentTools.Of(agent, operations), AgentTools.Of(agent, operations));
        Assert.NotSame(AgentTools.Of(agent, operations), AgentTools.Of(Engines.SampleDefinitions.Agents.Find("researcher")!, operations));
    }

    [Theory]
    [InlineData("*", "okta.users.get", true)]
    [InlineData("okta.*", "okta.users.get", true)]
    [InlineData("okta.users.get", "okta.users.get", true)]
    [InlineData("okta.*", "oktanator.users.get", false)]
    [InlineData("okta.users", "okta.users.get", false)]
    public void Fits_Pattern_NamesWholePartsOnly(string pattern, string id, bool expected) => Assert.Equal(expected, AgentTools.Fits(pattern, id));

    [Fact]
    public void Unpin_Pin_GivesTheAgentAndThoseThatItCanReach()
    {
        var catalog = Engines.SampleDefinitions.Agents;

        var (unpinned, agent) = AgentCatalog.Unpin(catalog.Pin(catalog.Find("it-support")!).Bytes)!.Value;

        Assert.Equal(["it-support", "researcher"], unpinned.Agents.Select(known => known.Id));
        Assert.Equal(catalog.Find("it-support")!.Instructions, agent.Instructions);
    }

    [Fact]
    public void Unpin_ContentOfSomethingElse_GivesNothing() => Assert.Null(AgentCatalog.Unpin("[1]"u8.ToArray()));

    private static IReadOnlyList<DefinitionError> LoadFaults(params (string Name, string Text)[] files)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var (name, text) in files)
            {
                File.WriteAllText(Path.Combine(directory.FullName, name), text);
            }

            return Assert.Throws<DefinitionException>(() => AgentCatalog.Load(directory.FullName)).Errors;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
