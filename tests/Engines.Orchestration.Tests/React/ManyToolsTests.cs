using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Tests.React;

public sealed class ManyToolsTests
{
    private static readonly string[] Nouns = ["invoice", "ticket", "printer", "room", "badge", "laptop", "contract", "vendor", "project", "meeting"];
    private static readonly string[] Verbs = ["list", "get", "count", "export", "audit", "preview"];

    [Fact]
    public async Task Execute_ManyOperations_OnlyThoseThatFitAreOffered()
    {
        var model = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        await Create(Company(), model).RunAsync(Engines.Input("please preview the contract of our landlord"));

        var offered = Names(model.Requests[0]);
        Assert.Contains("corp_contract_preview", offered);
        Assert.Contains(ReactTools.SearchTools, offered);
        Assert.DoesNotContain("corp_printer_list", offered);
        Assert.InRange(offered.Count, 2, 27);
        Assert.Contains("60 in all, of corp", model.Requests[0].Tools!.Single(tool => tool.Name == ReactTools.SearchTools).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_FewOperations_AllAreOfferedWithoutASearch()
    {
        var model = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        await Create(Company(nouns: 6), model).RunAsync(Engines.Input("please preview the contract"));

        Assert.Equal(36, Names(model.Requests[0]).Count);
        Assert.DoesNotContain(ReactTools.SearchTools, Names(model.Requests[0]));
    }

    [Fact]
    public async Task ToolsSearch_Words_FindsToolsThatCanBeCalledAtOnce()
    {
        var company = Company();
        var model = Searching();
        var recorder = await Create(company, model).RunAsync(Engines.Input("something nobody has words for"));

        Assert.DoesNotContain("corp_printer_audit", Names(model.Requests[0]));
        var told = JsonNode.Parse(model.Requests[1].Messages[^1].Text)!["data"]!["items"]!.AsArray();
        Assert.Equal("corp_printer_audit", (string?)told[0]!["tool"]);
        Assert.InRange(told.Count, 1, 10);
        Assert.Contains("corp_printer_audit", Names(model.Requests[1]));
        Assert.Contains("corp_printer_audit", Names(model.Requests[2]));
        Assert.Equal(["corp.printer.audit"], company.Calls.Select(call => call.OperationId));
        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
    }

    [Fact]
    public async Task ToolsSearch_NothingFits_SaysSo()
    {
        var model = new FakeModel((call, _) => call == 1 ? [FakeModel.Call(ReactTools.SearchTools, """{"query":"qwertz"}"""), FakeModel.End("tool_calls")] : [FakeModel.Say("ok"), FakeModel.End()]);
        await Create(Company(), model).RunAsync(Engines.Input("something"));

        var data = JsonNode.Parse(model.Requests[1].Messages[^1].Text)!["data"]!;
        Assert.Empty(data["items"]!.AsArray());
        Assert.Equal([ReactTools.SearchTools], Names(model.Requests[1]));
    }

    [Fact]
    public async Task Resume_AfterEveryAppend_OffersTheSameTools()
    {
        var whole = Searching();
        var input = Engines.Input("something nobody has words for");
        await Create(Company(), whole).RunAsync(input);
        var expected = whole.Requests.ConvertAll(Names);

        for (var appends = 1; appends < 12; appends++)
        {
            var recorder = new FakeRecorder(before: FakeRecorder.For(input)) { DieAtAppend = appends };
            var first = Searching();
            try
            {
                await Create(Company(), first).ExecuteAsync(input, recorder, default, default);
                break;
            }
            catch (JournalDiedException)
            {
            }

            var second = Searching();
            await Create(Company(), second).ExecuteAsync(input, new FakeRecorder(before: recorder), default, default);
            Assert.All(first.Requests.Concat(second.Requests), request => Assert.Equal(expected[request.Messages.Count(message => message.Role == ChatRole.Assistant)], Names(request)));
        }
    }

    private static FakeModel Searching() => new((call, _) => call switch
    {
        1 => [FakeModel.Call(ReactTools.SearchTools, """{"query":"audit the printers"}"""), FakeModel.End("tool_calls")],
        2 => [FakeModel.Call("corp_printer_audit", "{}"), FakeModel.End("tool_calls")],
        _ => [FakeModel.Say("Done."), FakeModel.End()],
    });

    private static List<string> Names(ChatRequest request) => [.. request.Tools!.Select(tool => tool.Name)];

    private static RunEngine Create(FakeConnectors connectors, IChatModel model) => Engines.Create(connectors, Engines.Definitions("version: 1\noperations: {}\n"), model);

    private static FakeConnectors Company(int nouns = 10)
    {
        var connectors = new FakeConnectors();
        foreach (var noun in Nouns.Take(nouns))
        {
            foreach (var verb in Verbs)
            {
                connectors.Add($"corp.{noun}.{verb}", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" });
            }
        }

        return connectors;
    }
}
