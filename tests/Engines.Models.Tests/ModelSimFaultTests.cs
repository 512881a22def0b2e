using Microsoft.Extensions.DependencyInjection;
using Steward.ModelSim;

namespace Steward.Engines.Models.Tests;

/// <summary>Every fault of the simulated provider ends in an answer or in a <see cref="ModelException"/>, in time.</summary>
public sealed class ModelSimFaultTests
{
    [Theory]
    [InlineData(ModelFaultKind.RateLimited, "model_rate_limited", false)]
    [InlineData(ModelFaultKind.ServerError, "model_unavailable", false)]
    [InlineData(ModelFaultKind.ContextLengthExceeded, "model_rejected", false)]
    [InlineData(ModelFaultKind.CutBeforeAnswer, "model_unavailable", false)]
    [InlineData(ModelFaultKind.CutStream, "model_stream_broken", true)]
    [InlineData(ModelFaultKind.TruncatedStream, "model_stream_broken", true)]
    [InlineData(ModelFaultKind.MalformedChunk, "model_stream_broken", true)]
    [InlineData(ModelFaultKind.ErrorInStream, "model_stream_broken", true)]
    [InlineData(ModelFaultKind.EndlessStream, "model_timeout", true)]
    [InlineData(ModelFaultKind.StalledStream, "model_timeout", true)]
    public async Task Stream_Fault_EndsAsItsCode(ModelFaultKind kind, string code, bool afterFirstToken)
    {
        await using var simulation = await StartAsync(new ModelRule
        {
            Reply = new ModelReply { Text = "one two three four five six seven eight", Fault = new ModelFault { Kind = kind, RetryAfterSeconds = 0 }, TokensPerSecond = kind == ModelFaultKind.EndlessStream ? 200 : null },
        });

        // Only the stream that never ends has to meet the limit of the whole call.
        var exception = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(simulation, kind == ModelFaultKind.EndlessStream ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(60)));

        Assert.Equal((code, afterFirstToken), (exception.Code, exception.AfterFirstToken));
        Assert.Equal(afterFirstToken || code == "model_rejected" ? 1 : 2, simulation.Requests.Count);
    }

    [Fact]
    public async Task Stream_RateLimitedOnce_AnswersAtTheSecondAttempt()
    {
        await using var simulation = await StartAsync(
            new ModelRule { Times = 1, Reply = new ModelReply { Fault = new ModelFault { Kind = ModelFaultKind.RateLimited, RetryAfterSeconds = 0 } } },
            new ModelRule { Reply = new ModelReply { Text = "Hello there", PromptTokens = 12, CompletionTokens = 3 } });

        var deltas = await ReadAsync(simulation, TimeSpan.FromSeconds(60));

        Assert.Equal("Hello there", string.Concat(deltas.OfType<ChatText>().Select(text => text.Text)));
        Assert.Equal(new ChatUsage(12, 0, 3, null), Assert.IsType<ChatFinished>(deltas[^1]).Usage);
    }

    private static Task<ModelSimulation> StartAsync(params ModelRule[] rules) => ModelSimulation.StartAsync(new ModelSimOptions { Script = new ModelScript { Rules = rules } });

    private static async Task<List<ChatDelta>> ReadAsync(ModelSimulation simulation, TimeSpan total)
    {
        using var provider = new ServiceCollection().AddStewardModels(options =>
        {
            options.ApiKey = simulation.ApiKey;
            options.BaseUrl = simulation.Url.ToString();
            options.Model = "sim-large";
            options.MaxAttempts = 2;
            options.RetryBaseDelay = TimeSpan.Zero;
            options.IdleTimeout = TimeSpan.FromMilliseconds(300);
            options.TotalTimeout = total;
        }).BuildServiceProvider();
        var deltas = new List<ChatDelta>();
        await foreach (var delta in provider.GetRequiredService<IChatModelProvider>().ForTenant("t-acme")!
            .StreamAsync(new ChatRequest { Messages = [new ChatMessage { Role = ChatRole.User, Text = "Hi" }] }, CancellationToken.None))
        {
            deltas.Add(delta);
        }

        return deltas;
    }
}
