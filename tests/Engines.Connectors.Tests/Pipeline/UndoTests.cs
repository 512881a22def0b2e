using System.Text.Json;
using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Tests.Pipeline;

/// <summary>What is said of a change that was made: how it is undone.</summary>
public sealed class UndoTests : IAsyncLifetime
{
    private const string Template = Templates.Bearer +
        """
        operations:
          - id: things.search
            summary: Finds things.
            path: /v1/things
            effect: read
            output: { path: things, list: true, fields: { id: id, name: name } }
          - id: things.create
            summary: Creates a thing.
            method: POST
            path: /v1/things
            effect: write
            body: { name: "{name}", origin: "{marker}" }
            input: { properties: { name: { type: string }, shelf: { type: integer } }, required: [name] }
            output: { fields: { id: id, name: name } }
            idempotency: { naturalKey: origin }
            reconcile: { operation: things.search, expect: { name: "{name}" } }
            dryRun: { query: { validate: "true" } }
            undo: { operation: things.drop, with: { thing: "{result.id}", shelf: "{shelf}" } }
          - id: things.drop
            summary: Drops a thing.
            method: DELETE
            path: /v1/things/{thing}
            effect: destructive
            input: { properties: { thing: { type: string }, shelf: { type: integer, default: 1 } }, required: [thing] }
            idempotency: { natural: true }
        """;

    private FakeVendor _vendor = null!;
    private Piped _sut = null!;

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"id":"7","name":"n"}""");
        _sut = Piped.Of(Template, _vendor.Url);
    }

    public async Task DisposeAsync()
    {
        _sut.Dispose();
        await _vendor.DisposeAsync();
    }

    [Fact]
    public async Task ExecuteAsync_ChangeThatCanBeUndone_SaysHow()
    {
        var undo = (await CreateAsync(new { name = "n", shelf = 4 })).Undo!;

        Assert.Equal(("sut.things.drop", """{"thing":"7","shelf":4}"""), (undo.OperationId, undo.Arguments.GetRawText()));
    }

    [Fact]
    public async Task ExecuteAsync_WhatItSaid_UndoesIt()
    {
        var undo = (await CreateAsync(new { name = "n" })).Undo!;

        Assert.IsType<ActionSucceeded>(await _sut.ExecuteAsync("things.drop", undo.Arguments, "a-1/undo"));
        Assert.Equal(("DELETE", "/v1/things/7"), (_vendor.Requests[1].Method, _vendor.Requests[1].Path));
        Assert.Equal(["a-1", "a-1/undo"], _sut.Audit.Select(entry => entry.ActionId));
    }

    [Fact]
    public async Task ExecuteAsync_MappedResult_IsUndoneWithTheSystemsOwnNames()
    {
        _sut.Instance = _sut.Instance with
        {
            Mappings = new Dictionary<string, IReadOnlyList<FieldMapping>>
            {
                ["things.create"] = [new() { Direction = MappingDirection.Out, From = "label", To = "name" }, new() { Direction = MappingDirection.In, From = "id", To = "number" }],
            },
        };

        var done = await CreateAsync(new { label = "n" });

        Assert.Equal("7", done.Result.GetProperty("number").GetString());
        Assert.Equal("7", done.Undo!.Arguments.GetProperty("thing").GetString());
    }

    [Fact]
    public async Task ExecuteAsync_UndoThatIsSwitchedOffOrMapped_IsNotOffered()
    {
        var instance = _sut.Instance;
        _sut.Instance = instance with { Operations = ["things.create"] };
        Assert.Null((await CreateAsync(new { name = "n" })).Undo);
        Assert.Null(UndoneBy());

        // Its policy speaks of the tenant's names; these are the template's.
        _sut.Instance = instance with { Mappings = new Dictionary<string, IReadOnlyList<FieldMapping>> { ["things.drop"] = [new() { Direction = MappingDirection.Out, From = "key", To = "thing" }] } };
        Assert.Null((await CreateAsync(new { name = "n" })).Undo);
        Assert.Null(UndoneBy());

        _sut.Instance = instance;
        Assert.Equal("sut.things.drop", UndoneBy());

        string? UndoneBy() => InstanceOperations.Of(new ResolvedInstance(_sut.Instance, _sut.Template)).All.First(operation => operation.Template.Id == "things.create").Operation.UndoneBy;
    }

    [Theory]
    [InlineData("""{"name":"n"}""")]
    [InlineData("""{"id":7,"name":"n"}""")]
    public async Task ExecuteAsync_ResultDoesNotSayWhatTheUndoNeeds_IsDoneAllTheSame(string answer)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, answer);

        Assert.Null((await CreateAsync(new { name = "n" })).Undo);
    }

    [Fact]
    public async Task ExecuteAsync_DryRunAndRead_HaveNothingToUndo()
    {
        var shown = Assert.IsType<ActionSucceeded>(await _sut.Chain.ExecuteAsync(_sut.Call("things.create", new { name = "n" }, dryRun: true), default));
        var read = Assert.IsType<ActionSucceeded>(await _sut.ExecuteAsync("things.search"));

        Assert.Equal((null, null), (shown.Undo, read.Undo));
    }

    [Fact]
    public async Task ReconcileAsync_WasDone_SaysHowItIsUndone()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"things":[{"id":"8","name":"n"}]}""");

        var done = Assert.IsType<ReconciledDone>(await _sut.ReconcileAsync("things.create", new { name = "n" }));

        Assert.Equal(("sut.things.drop", "8"), (done.Undo!.OperationId, done.Undo.Arguments.GetProperty("thing").GetString()));
    }

    private async Task<ActionSucceeded> CreateAsync(object arguments) =>
        Assert.IsType<ActionSucceeded>(await _sut.ExecuteAsync("things.create", JsonSerializer.SerializeToElement(arguments)));
}
