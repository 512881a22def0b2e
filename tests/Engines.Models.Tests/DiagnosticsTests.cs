using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;
using Steward.Engines.Models.Tests.Routing;
using Steward.Engines.Models.Tiers;

namespace Steward.Engines.Models.Tests;

/// <summary>What a model call tells collectors, and what it keeps to itself.</summary>
public sealed class DiagnosticsTests
{
    private const string Private = "my very private question";

    [Fact]
    public async Task Stream_Answered_IsASpanAndMetricsWithModelTokensAndNoText()
    {
        await using var server = await ModelServer.StartAsync((_, context) =>
            ModelServer.SendAsync(context, ModelServer.Text("private answer"), ModelServer.Finish(), ModelServer.Usage(1000, 500, 400), "[DONE]"));
        using var listening = new Listening();

        await AskAsync(server, listening.Model);

        var span = Assert.Single(listening.Spans);
        Assert.Equal($"chat {listening.Model}", span.OperationName);
        Assert.Equal(("chat", "openai", listening.Model), (span.GetTagItem("gen_ai.operation.name"), span.GetTagItem("gen_ai.provider.name"), span.GetTagItem("gen_ai.request.model")));
        Assert.Equal((1000L, 400L, 500L), (span.GetTagItem("gen_ai.usage.input_tokens"), span.GetTagItem("gen_ai.usage.cache_read.input_tokens"), span.GetTagItem("gen_ai.usage.output_tokens")));
        Assert.Equal(["stop"], (string[])span.GetTagItem("gen_ai.response.finish_reasons")!);
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value is string text && text.Contains("private", StringComparison.Ordinal));
        Assert.Equal([("gen_ai.client.operation.duration", null), ("gen_ai.client.token.usage", "input"), ("gen_ai.client.token.usage", "output")], listening.Measured.Select(measured => (measured.Name, measured.TokenType)));
        Assert.Equal([1000d, 500d], listening.Measured.Skip(1).Select(measured => measured.Value));
    }

    [Fact]
    public async Task Stream_Refused_IsASpanWithTheCodeAndNoTokens()
    {
        await using var server = await ModelServer.StartAsync((_, context) =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        using var listening = new Listening();

        await Assert.ThrowsAsync<ModelException>(() => AskAsync(server, listening.Model));

        var span = Assert.Single(listening.Spans);
        Assert.Equal((ActivityStatusCode.Error, "model_unauthenticated"), (span.Status, span.GetTagItem("error.type")));
        Assert.Equal("gen_ai.client.operation.duration", Assert.Single(listening.Measured).Name);
    }

    // A call that a cache answers, or a stage refuses, has no span of a model.
    [Fact]
    public async Task Gateway_AnyCall_IsASpanWithWhatItsStagesDecided()
    {
        await using var gateway = new GatewayUnderTest(services => services.AddStewardModelCaches().AddStewardModelRouting().AddStewardModelAdmission(configureDegradation: options => options.Forced = "full"));
        gateway.Script = (_, request, _) => request.Messages[^1].Text.Contains("break", StringComparison.Ordinal) ? FakeEndpoint.Failure("model_unavailable") : FakeEndpoint.Answer(new ChatText("private answer"), FakeEndpoint.End());
        var tenant = "t-" + Guid.NewGuid().ToString("N");
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Diagnostics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if ((string?)span.GetTagItem("steward.tenant.id") == tenant)
                {
                    spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);

        await gateway.AskAsync(GatewayUnderTest.Call("What is a private VPN?", tenant, model: ModelCall.Auto));
        await gateway.AskAsync(GatewayUnderTest.Call("What is a private VPN?", tenant, model: ModelCall.Auto));
        await Assert.ThrowsAsync<ModelException>(() => gateway.AskAsync(GatewayUnderTest.Call("Does it break?", tenant)));
        gateway.Missing.Add("p/gone");
        await Assert.ThrowsAsync<ModelException>(() => gateway.AskAsync(GatewayUnderTest.Call("Who answers?", tenant, model: "p/gone")));

        Assert.Equal(
            [("completed", "small", null, null), ("completed", "small", "exact", null), ("failed", "standard", null, "model_unavailable"), ("failed", "p/gone", null, "model_missing")],
            spans.Select(span => ((string?)span.GetTagItem("steward.outcome"), (string?)span.GetTagItem("steward.tier"), (string?)span.GetTagItem("steward.cache"), (string?)span.GetTagItem("error.type"))));
        Assert.Equal(["routing: small: simple", "exact-cache: exact"], spans.SelectMany(span => (string[])span.GetTagItem("steward.decisions")!));
        Assert.DoesNotContain(spans.SelectMany(span => span.TagObjects), tag => tag.Value?.ToString()?.Contains("private", StringComparison.Ordinal) == true);
    }

    private static async Task AskAsync(ModelServer server, string model)
    {
        await using var services = new ServiceCollection().AddStewardModels(options =>
        {
            options.ApiKey = "sk-test-0123456789";
            options.BaseUrl = server.BaseUrl;
            options.Model = model;
            options.MaxAttempts = 1;
        }).BuildServiceProvider();
        var chat = services.GetRequiredService<IChatModelProvider>().ForTenant("t-acme")!;
        await foreach (var delta in chat.StreamAsync(new ChatRequest { Messages = [new ChatMessage { Role = ChatRole.User, Text = Private }] }, default))
        {
            Assert.NotNull(delta);
        }
    }

    /// <summary>Hears only the calls of one test, by the model's name.</summary>
    private sealed class Listening : IDisposable
    {
        private readonly ActivityListener _activities;
        private readonly MeterListener _meters = new();

        public Listening()
        {
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == Diagnostics.Name,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = span =>
                {
                    if ((string?)span.GetTagItem("gen_ai.request.model") == Model)
                    {
                        Spans.Add(span);
                    }
                },
            };
            ActivitySource.AddActivityListener(_activities);
            _meters.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Diagnostics.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _meters.Start();
        }

        public string Model { get; } = "gpt-" + Guid.NewGuid().ToString("N");

        public List<Activity> Spans { get; } = [];

        public List<(string Name, double Value, string? TokenType)> Measured { get; } = [];

        public void Dispose()
        {
            _activities.Dispose();
            _meters.Dispose();
        }

        private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var named = new Dictionary<string, object?>(tags.ToArray());
            if (named.GetValueOrDefault("gen_ai.request.model") is string model && model == Model)
            {
                Measured.Add((instrument.Name, value, named.GetValueOrDefault("gen_ai.token.type") as string));
            }
        }
    }
}
