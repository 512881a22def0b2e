using System.Runtime.CompilerServices;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;
using Steward.Engines.Models.Tests.Routing;
using static Steward.Engines.Models.Tests.Gateway.GatewayUnderTest;

namespace Steward.Engines.Models.Tests.Caching;

public sealed class ExactCacheTests : IAsyncDisposable
{
    private readonly GatewayUnderTest _gateway = new(services => services.AddStewardModelCaches());

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Ask_SameTwice_AnsweredFromMemoryAndSaysSo()
    {
        var (first, second) = (Call("What does MFA mean?"), Call("  What does MFA mean? \r\n"));
        Assert.Equal("answer 1", await _gateway.AskAsync(first));
        var deltas = await _gateway.ReadAsync(second);

        Assert.Equal(("answer 1", 1), (string.Concat(deltas.OfType<ChatText>().Select(delta => delta.Text)), _gateway.Asked.Count));
        Assert.Equal((null, "exact"), (first.Cache, second.Cache));
        Assert.Equal(new ChatUsage(0, 0, 0, 0m), Assert.IsType<ChatFinished>(deltas[^1]).Usage);
    }

    [Theory]
    [InlineData("t-b", "u-1", null)]
    [InlineData("t-a", "u-2", null)]
    [InlineData("t-a", "u-1", "group-1")]
    [InlineData("t-a", "u-1", "person:u-1")]
    [InlineData("t-a", "u-1", "u-1")]
    [InlineData("t-a", "u-1", "")]
    public async Task Ask_OtherTenantPersonOrRights_NeverTheOthersAnswer(string tenant, string user, string? rights)
    {
        await _gateway.AskAsync(Call("What does MFA mean?"));

        Assert.Equal("answer 2", await _gateway.AskAsync(Call("What does MFA mean?", tenant, user, rights)));
    }

    [Fact]
    public async Task Ask_SameRights_SharedBetweenPersons()
    {
        await _gateway.AskAsync(Call("What does MFA mean?", user: "u-1", rights: "staff"));

        Assert.Equal("answer 1", await _gateway.AskAsync(Call("What does MFA mean?", user: "u-2", rights: "staff")));
    }

    [Fact]
    public async Task Ask_WhoseAnswersAreForgotten_NobodySharesThemAndTheirNewOnesAreKept()
    {
        await _gateway.AskAsync(Call("What does MFA mean?", user: "u-1", rights: "staff"));
        var forgotten = new ModelTenantPolicy { Forgotten = new Dictionary<string, long> { ["u-1"] = 1 } };
        ModelCall Later(string user)
        {
            var call = Call("What does MFA mean?", user: user, rights: "staff");
            call.Policy = forgotten;
            return call;
        }

        Assert.Equal("answer 2", await _gateway.AskAsync(Later("u-2")));
        Assert.Equal("answer 2", await _gateway.AskAsync(Later("u-1")));
    }

    [Fact]
    public async Task Ask_NeitherPersonNorRights_KeepsNothing()
    {
        await _gateway.AskAsync(Call("What does MFA mean?", user: null));

        Assert.Equal("answer 2", await _gateway.AskAsync(Call("What does MFA mean?", user: null)));
    }

    public static TheoryData<string> OtherCalls => ["model", "prompt", "system", "tokens", "tools", "variant", "sources"];

    [Theory]
    [MemberData(nameof(OtherCalls))]
    public async Task Ask_WhatTheAnswerDependsOnDiffers_AsksAgain(string what)
    {
        await _gateway.AskAsync(Call("What does MFA mean?"));
        var other = Call("What does MFA mean?", model: what == "model" ? "large" : "standard", origin: origin => what == "prompt" ? origin with { PromptVersion = "p@2" } : origin);
        other.Request = what switch
        {
            "system" => other.Request with { Messages = [new ChatMessage { Role = ChatRole.System, Text = "Be brief." }, .. other.Request.Messages] },
            "tokens" => other.Request with { MaxOutputTokens = 10 },
            "tools" => other.Request with { Tools = [new ToolDefinition { Name = "find", Description = "", Parameters = System.Text.Json.JsonDocument.Parse("{}").RootElement }] },
            _ => other.Request,
        };
        other.Policy = what == "sources" ? other.Policy with { SourceVersions = new Dictionary<string, long> { ["handbook"] = 1 } } : other.Policy;
        if (what == "variant")
        {
            other.Variants.Add("tone=warm");
        }

        Assert.Equal("answer 2", await _gateway.AskAsync(other));
    }

    [Fact]
    public async Task Ask_OnlyIdsOfToolCallsDiffer_IsTheSame()
    {
        static ChatMessage[] Looked(string id) =>
        [
            new() { Role = ChatRole.Assistant, ToolCalls = [new ToolCall { Id = id, Name = "find", Arguments = "{}" }] },
            new() { Role = ChatRole.Tool, ToolCallId = id, Text = "42" },
        ];
        await _gateway.AskAsync(Call("And so?", before: Looked("call_x")));

        Assert.Equal("answer 1", await _gateway.AskAsync(Call("And so?", before: Looked("call_y"))));
    }

    [Fact]
    public async Task Ask_SourceItNamesChanged_AsksAgainAndOthersDoNot()
    {
        ModelCall Named(string source, long version)
        {
            var call = Call($"What does {source} say?", origin: origin => origin with { Cache = new ModelCacheHint { Sources = [source] } });
            call.Policy = call.Policy with { SourceVersions = new Dictionary<string, long> { ["handbook"] = version, ["wiki"] = 1 } };
            return call;
        }

        await _gateway.AskAsync(Named("handbook", 1));
        await _gateway.AskAsync(Named("wiki", 1));

        Assert.Equal("answer 2", await _gateway.AskAsync(Named("wiki", 2)));
        Assert.Equal("answer 3", await _gateway.AskAsync(Named("handbook", 2)));
    }

    [Theory]
    [InlineData("What is a VPN?", 7 * 24 * 60)]
    [InlineData("How do I connect to the VPN?", 60)]
    [InlineData("Is the VPN down today?", 10)]
    [InlineData("Wie ist der Status von INC0012345?", 10)]
    [InlineData("Where is my laptop?", 10)]
    public async Task Ask_AfterItsTime_AsksAgain(string question, int minutes)
    {
        await _gateway.AskAsync(Call(question));
        _gateway.Clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
        Assert.Equal("answer 1", await _gateway.AskAsync(Call(question)));
        _gateway.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("answer 2", await _gateway.AskAsync(Call(question)));
    }

    [Theory]
    [InlineData("What is the state of my ticket?", null)]
    [InlineData("Wo ist mein Laptop?", null)]
    [InlineData("Reset the password of anna@example.com", null)]
    [InlineData("What is a VPN?", AnswerClass.Personal)]
    public async Task Ask_PersonalWithSharedRights_NeverKept(string question, AnswerClass? named)
    {
        ModelCall Ask() => Call(question, rights: "staff", origin: origin => origin with { Cache = new ModelCacheHint { Class = named } });
        await _gateway.AskAsync(Ask());

        Assert.Equal("answer 2", await _gateway.AskAsync(Ask()));
    }

    [Fact]
    public async Task Ask_CallerWantsNoCache_NeitherReadNorKept()
    {
        ModelCall Never() => Call("What is a VPN?", origin: origin => origin with { Cache = ModelCacheHint.Never });
        await _gateway.AskAsync(Never());
        Assert.Equal("answer 2", await _gateway.AskAsync(Call("What is a VPN?")));
        Assert.Equal("answer 3", await _gateway.AskAsync(Never()));
    }

    [Fact]
    public async Task Ask_TenantWantsNoCache_KeepsNothing()
    {
        ModelCall Off()
        {
            var call = Call("What is a VPN?");
            call.Policy = call.Policy with { Caches = false };
            return call;
        }

        await _gateway.AskAsync(Off());

        Assert.Equal("answer 2", await _gateway.AskAsync(Off()));
    }

    [Theory]
    [InlineData("length")]
    [InlineData("content_filter")]
    [InlineData("tool_calls")]
    [InlineData("empty")]
    [InlineData("broken")]
    public async Task Ask_AnswerIsNotWhole_NotKept(string how)
    {
        _gateway.Script = (number, _, _) => (number, how) switch
        {
            (2, _) => FakeEndpoint.Answer(new ChatText("whole"), FakeEndpoint.End()),
            (_, "tool_calls") => FakeEndpoint.Answer(new ChatToolCall(new ToolCall { Id = "1", Name = "find", Arguments = "{}" }), FakeEndpoint.End() with { Reason = "tool_calls" }),
            (_, "empty") => FakeEndpoint.Answer(FakeEndpoint.End()),
            (_, "broken") => FakeEndpoint.Failure("model_stream_broken", null, new ChatText("ha")),
            _ => FakeEndpoint.Answer(new ChatText("ha"), FakeEndpoint.End() with { Reason = how }),
        };
        try
        {
            await _gateway.AskAsync(Call("What is a VPN?"));
        }
        catch (ModelException)
        {
            Assert.Equal("broken", how);
        }

        Assert.Equal("whole", await _gateway.AskAsync(Call("What is a VPN?")));
    }

    [Fact]
    public async Task Ask_EqualCallsAtOnce_OneAsksAndAllGetItsAnswer()
    {
        var answer = new TaskCompletionSource();
        _gateway.Script = (_, _, _) => After(answer.Task, new ChatText("shared"), FakeEndpoint.End());
        var calls = Enumerable.Range(0, 20).Select(_ => Call("What is a VPN?")).ToList();
        var asked = calls.Select(call => _gateway.AskAsync(call)).ToList();
        Assert.Single(_gateway.Asked);
        answer.SetResult();

        Assert.All(await Task.WhenAll(asked), text => Assert.Equal("shared", text));
        Assert.Single(_gateway.Asked);
        Assert.Equal(Enumerable.Repeat("shared", 19).Prepend(null), calls.Select(call => call.Cache));
    }

    [Fact]
    public async Task Ask_EqualCallsOfOthersAtOnce_EachAsksForItself()
    {
        var answer = new TaskCompletionSource();
        _gateway.Script = (number, _, _) => After(answer.Task, new ChatText($"answer {number}"), FakeEndpoint.End());
        var asked = new[] { Call("What is a VPN?"), Call("What is a VPN?", user: "u-2"), Call("What is a VPN?", tenant: "t-b"), Call("What is a VPN?", rights: "person:u-1") }.Select(call => _gateway.AskAsync(call)).ToList();
        answer.SetResult();

        Assert.Equal(4, (await Task.WhenAll(asked)).Distinct().Count());
    }

    [Fact]
    public async Task Ask_ToolsAreOffered_KeptForMinutesOnly()
    {
        ModelCall WithTools()
        {
            var call = Call("How do I connect to the VPN?");
            call.Request = call.Request with { Tools = [new ToolDefinition { Name = "find", Description = "", Parameters = System.Text.Json.JsonDocument.Parse("{}").RootElement }] };
            return call;
        }

        await _gateway.AskAsync(WithTools());
        _gateway.Clock.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal("answer 2", await _gateway.AskAsync(WithTools()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ask_LeaderGoesAwayOrFails_OneOfTheOthersLeads(bool goesAway)
    {
        var (failure, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        _gateway.Script = (number, _, stop) => number == 1 ? Fail(failure.Task, stop) : After(answer.Task, new ChatText("second"), FakeEndpoint.End());
        using var cancel = new CancellationTokenSource();
        var leader = _gateway.AskAsync(Call("What is a VPN?"), cancel.Token);
        var others = Enumerable.Range(0, 10).Select(_ => _gateway.AskAsync(Call("What is a VPN?"))).ToList();
        if (goesAway)
        {
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        }
        else
        {
            failure.SetResult();
            await Assert.ThrowsAsync<ModelException>(() => leader);
        }

        answer.SetResult();

        Assert.All(await Task.WhenAll(others), text => Assert.Equal("second", text));
        Assert.Equal(2, _gateway.Asked.Count);
    }

    [Fact]
    public async Task Ask_FollowerGoesAway_OthersAreNotTouched()
    {
        var answer = new TaskCompletionSource();
        _gateway.Script = (_, _, _) => After(answer.Task, new ChatText("shared"), FakeEndpoint.End());
        using var cancel = new CancellationTokenSource();
        var leader = _gateway.AskAsync(Call("What is a VPN?"));
        var (gone, stays) = (_gateway.AskAsync(Call("What is a VPN?"), cancel.Token), _gateway.AskAsync(Call("What is a VPN?")));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        answer.SetResult();

        Assert.Equal(("shared", "shared"), (await leader, await stays));
    }

    [Fact]
    public async Task Ask_LeadersAnswerIsItsAlone_EachAsksForItself()
    {
        var answer = new TaskCompletionSource();
        _gateway.Script = (number, _, _) => number == 1 ? After(answer.Task, new ChatText("cut"), FakeEndpoint.End() with { Reason = "length" }) : FakeEndpoint.Answer(new ChatText("own"), FakeEndpoint.End() with { Reason = "length" });
        var leader = _gateway.AskAsync(Call("What is a VPN?"));
        var others = Enumerable.Range(0, 5).Select(_ => _gateway.AskAsync(Call("What is a VPN?"))).ToList();
        answer.SetResult();

        Assert.Equal("cut", await leader);
        Assert.All(await Task.WhenAll(others), text => Assert.Equal("own", text));
    }

    [Fact]
    public async Task Ask_LeaderTakesTooLong_OthersGoOn()
    {
        _gateway.Script = (number, _, stop) => number == 1 ? FakeEndpoint.Silence(stop) : FakeEndpoint.Answer(new ChatText("second"), FakeEndpoint.End());
        using var cancel = new CancellationTokenSource();
        var leader = _gateway.AskAsync(Call("What is a VPN?"), cancel.Token);
        var other = _gateway.AskAsync(Call("What is a VPN?"));
        Assert.False(other.IsCompleted);
        _gateway.Clock.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal("second", await other);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
    }

    [Fact]
    public async Task Replay_LongAnswer_ComesInPiecesAndWhole()
    {
        var text = string.Join(' ', Enumerable.Range(0, 500).Select(number => $"word{number}")) + string.Concat(Enumerable.Repeat("😀", 400));
        _gateway.Script = (_, _, _) => FakeEndpoint.Answer(new ChatText(text), FakeEndpoint.End());
        await _gateway.AskAsync(Call("What is a VPN?"));
        var pieces = (await _gateway.ReadAsync(Call("What is a VPN?"))).OfType<ChatText>().Select(delta => delta.Text).ToList();

        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces, piece => Assert.True(piece.Length is > 0 and <= 200 && !char.IsLowSurrogate(piece[0])));
    }

    private static async IAsyncEnumerable<ChatDelta> After(Task first, params ChatDelta[] deltas)
    {
        await first;
        foreach (var delta in deltas)
        {
            yield return delta;
        }
    }

    private static async IAsyncEnumerable<ChatDelta> Fail(Task first, [EnumeratorCancellation] CancellationToken stop)
    {
        await first.WaitAsync(stop);
        yield return new ChatText("half");
        throw new ModelException("model_stream_broken", "broken");
    }
}
