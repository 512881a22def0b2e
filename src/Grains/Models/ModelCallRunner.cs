using Microsoft.Extensions.Logging;
using Steward.Engines.Models;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Errors;
using Steward.Identity;
using Steward.Inference;

namespace Steward.Models;

/// <summary>Makes the calls of the endpoint: of chats through the model gateway, of embedders at the inference engine or a provider. Every end, whatever it is, becomes the last event.</summary>
internal sealed partial class ModelCallRunner(
    IModelGateway gateway, MeteredEmbeddings embedders, IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<ModelCallRunner> logger)
{
    /// <summary>The platform's own embedder, as callers name it.</summary>
    public const string Embedder = "steward/embedder";

    /// <summary>Its name among the models that the silos run.</summary>
    public const string EmbedderModel = "embedder";

    /// <summary>Makes a call and writes its events.</summary>
    /// <param name="command">The call.</param>
    /// <param name="caller">Whose.</param>
    /// <param name="callId">Its id.</param>
    /// <param name="buffer">Where the events go.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(StartModelCall command, CallerIdentity caller, string callId, ModelCallBuffer buffer, CancellationToken stop)
    {
        try
        {
            var work = command.Embedding is { } embedding ? EmbedAsync(command, embedding, OriginOf(command, caller, callId), buffer, stop) : ChatAsync(command, OriginOf(command, caller, callId), buffer, stop);
            await work;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Fail(buffer, new ModelCallFailure { Code = "cancelled", Message = "The call was stopped before its end: nobody read it, or its server stops. Ask again.", IsRetryable = true });
        }
        catch (ModelException failed)
        {
            Fail(buffer, new ModelCallFailure { Code = failed.Code, Message = failed.Message, IsRetryable = failed.IsRetryable, RetryAfter = failed.RetryAfter });
        }
        catch (StewardException failed)
        {
            Fail(buffer, new ModelCallFailure { Code = failed.Code, Message = failed.Message, IsRetryable = failed.IsRetryable, RetryAfter = failed.RetryAfter, Field = failed.Field });
        }
#pragma warning disable CA1031 // Whoever reads has to learn that it is over, whatever it was.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            LogDefect(defect, callId);
            Fail(buffer, new ModelCallFailure { Code = ErrorCodes.Internal, Message = "The call could not be carried out because of a defect." });
        }
    }

    private static ModelCallOrigin OriginOf(StartModelCall command, CallerIdentity caller, string callId) => new()
    {
        TenantId = caller.TenantId,
        CallId = callId,
        UserId = caller.UserId,
        Team = command.Team,
        Feature = command.Feature,
        Tags = command.Tags,
        ConversationId = command.ConversationId,
        IsExternal = true,
        RightsScope = command.SharesAnswers ? ModelCallRules.ScopeOf(caller) : null,
        // Whoever sets a temperature wants answers that differ.
        Cache = command.NoCache || command.Chat?.Temperature > 0 ? ModelCacheHint.Never : ModelCacheHint.Default,
    };

    private async Task ChatAsync(StartModelCall command, ModelCallOrigin origin, ModelCallBuffer buffer, CancellationToken stop)
    {
        if (!gateway.IsConfigured)
        {
            throw new ModelException("model_not_configured", "No language model is configured. Set OPENAI_API_KEY or Steward:Models:Providers on the silos.");
        }

        var call = new ModelCall(origin, ModelCallRequests.ToRequest(command.Chat!), command.Model, time.GetUtcNow());
        var hasBegun = false;
        await foreach (var delta in gateway.StreamAsync(call, stop))
        {
            if (!hasBegun)
            {
                hasBegun = true;
                buffer.Add(Event(ModelCallEventKind.Begun) with { Route = ModelCallRequests.RouteOf(call) });
            }

            switch (delta)
            {
                case ChatText text:
                    buffer.AddText(text.Text);
                    break;
                case ChatToolCall tool:
                    buffer.Add(Event(ModelCallEventKind.ToolCall) with { ToolCall = new ModelToolCall { Id = tool.Call.Id, Name = tool.Call.Name, Arguments = tool.Call.Arguments } });
                    break;
                case ChatFinished finished:
                    buffer.Add(Event(ModelCallEventKind.Finished) with { End = ModelCallRequests.EndOf(finished) });
                    break;
                default:
                    break;
            }
        }
    }

    private async Task EmbedAsync(StartModelCall command, ModelEmbedding embedding, ModelCallOrigin origin, ModelCallBuffer buffer, CancellationToken stop)
    {
        var request = new EmbeddingRequest { Texts = embedding.Texts, Dimensions = embedding.Dimensions };
        var answer = command.Model == Embedder
            ? await embedders.EmbedAsync(origin, Embedder, request, (texts, token) => EmbedHereAsync(texts, origin.TenantId, token), stop)
            : await embedders.EmbedAsync(origin, command.Model, request, stop);
        buffer.Add(Event(ModelCallEventKind.Begun) with { Route = new ModelCallRoute() });
        buffer.Add(Event(ModelCallEventKind.Vectors) with { Vectors = answer.Vectors });
        buffer.Add(Event(ModelCallEventKind.Finished) with { End = new ModelCallEnd { Reason = "stop", Model = answer.Model, InputTokens = answer.InputTokens, CostUsd = answer.CostUsd } });
    }

    private async Task<EmbeddingAnswer> EmbedHereAsync(EmbeddingRequest embedding, string tenantId, CancellationToken stop)
    {
        platform.Assume(tenantId);
        var found = await grains.GetGrain<IInferenceGrain>(EmbedderModel).Embed(new EmbedTexts { TenantId = tenantId, Texts = embedding.Texts }, stop);
        if (embedding.Dimensions is { } wanted && found.Vectors.Count > 0 && found.Vectors[0].Length != wanted)
        {
            throw StewardException.Invalid("dimensions", $"must be {found.Vectors[0].Length} for {Embedder}, or left out: its vectors cannot be shortened.");
        }

        return new EmbeddingAnswer(found.Vectors, $"{Embedder}@{found.Version}", null, 0m);
    }

    private static void Fail(ModelCallBuffer buffer, ModelCallFailure failure) => buffer.Add(Event(ModelCallEventKind.Failed) with { Failure = failure });

    private static ModelCallEvent Event(ModelCallEventKind kind) => new() { Sequence = 0, Kind = kind };

    [LoggerMessage(EventId = 6101, Level = LogLevel.Error, Message = "The model call {Call} failed")]
    private partial void LogDefect(Exception exception, string call);
}
