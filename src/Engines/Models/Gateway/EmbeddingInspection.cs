namespace Steward.Engines.Models.Gateway;

/// <summary>Shows the texts that go to a provider's embedder to the stages of <see cref="ModelStageOrder.Inspection"/>, each as a message of a person: what they mask leaves masked, what they refuse does not leave. Safe for concurrent use.</summary>
internal sealed class EmbeddingInspection(IEnumerable<IModelStage> stages, TimeProvider time)
{
    private readonly IModelStage[] _stages = [.. stages.Where(stage => stage.Order == ModelStageOrder.Inspection)];

    /// <summary>Asks with what the stages leave of the texts.</summary>
    /// <param name="origin">Who asks.</param>
    /// <param name="policy">What the tenant wants.</param>
    /// <param name="model">Whom.</param>
    /// <param name="request">What.</param>
    /// <param name="ask">Asks.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ModelException">A stage refused it.</exception>
    public async Task<EmbeddingAnswer> AskAsync(
        ModelCallOrigin origin, ModelTenantPolicy policy, string model, EmbeddingRequest request, Func<EmbeddingRequest, Task<EmbeddingAnswer>> ask, CancellationToken cancellationToken)
    {
        if (_stages.Length == 0)
        {
            return await ask(request);
        }

        var call = new ModelCall(origin, new ChatRequest { Messages = [.. request.Texts.Select(text => new ChatMessage { Role = ChatRole.User, Text = text })] }, model, time.GetUtcNow()) { Policy = policy };
        var (began, entered, wasAsked) = (time.GetTimestamp(), 0, false);
        EmbeddingAnswer? answer = null;
        ModelException? failure = null;
        try
        {
            foreach (var stage in _stages)
            {
                var isAnswered = await stage.EnterAsync(call, cancellationToken) is not null;
                entered++;
                if (isAnswered)
                {
                    throw Refused();
                }
            }

            string[] texts = [.. call.Request.Messages.Where(message => message.Role == ChatRole.User).Select(message => message.Text)];
            if (texts.Length != request.Texts.Count || texts.Any(text => text.Length == 0))
            {
                throw Refused();
            }

            wasAsked = true;
            answer = await ask(request with { Texts = texts });
            return answer;
        }
        catch (ModelException failed)
        {
            failure = failed;
            throw;
        }
        finally
        {
            var outcome = new ModelCallOutcome { Text = "", Failure = failure, IsAborted = answer is null && failure is null, Duration = time.GetElapsedTime(began), WasAsked = wasAsked };
            while (entered > 0)
            {
                await _stages[--entered].LeaveAsync(call, outcome);
            }
        }
    }

    private static ModelException Refused() => new("model_rejected", "What looks for injection and personal data left no texts to compute vectors of.");
}
