using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI;
using OpenAI.Embeddings;

namespace Steward.Engines.Models.Providers;

/// <summary>OpenAI's embeddings, by OpenAI's own package.</summary>
internal sealed class OpenAIEmbeddingEndpoint : IEmbeddingEndpoint
{
    private readonly string _model;
    private readonly EmbeddingClient _client;
    private readonly TimeProvider _time;

    /// <summary>Creates it. Sends nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="key">The key.</param>
    /// <param name="baseUrl">The address; null is OpenAI's.</param>
    /// <param name="http">Has no timeout of its own.</param>
    /// <param name="time">The clock that dates in headers are compared with.</param>
    public OpenAIEmbeddingEndpoint(string model, string key, string? baseUrl, HttpClient http, TimeProvider time)
    {
        (_model, _time) = (model, time);
        var options = new OpenAIClientOptions
        {
            Transport = new HttpClientPipelineTransport(http),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        };
        if (!string.IsNullOrEmpty(baseUrl))
        {
            options.Endpoint = new Uri(baseUrl);
        }

        _client = new EmbeddingClient(model, new ApiKeyCredential(key), options);
    }

    /// <inheritdoc/>
    public async Task<EmbeddingAnswer> AskAsync(EmbeddingRequest request, CancellationToken cancellationToken)
    {
        var answer = (await _client.GenerateEmbeddingsAsync(request.Texts, new EmbeddingGenerationOptions { Dimensions = request.Dimensions }, cancellationToken)).Value;
        return new EmbeddingAnswer([.. answer.OrderBy(vector => vector.Index).Select(vector => vector.ToFloats().ToArray())], answer.Model ?? _model, answer.Usage?.InputTokenCount, null);
    }

    /// <inheritdoc/>
    public ModelException? Explain(Exception exception) => exception switch
    {
        ClientResultException failed => ProviderFailures.OfStatus(
            failed.Status, failed.GetRawResponse()?.Headers.TryGetValue("retry-after", out var value) == true ? ProviderFailures.RetryAfter(value, _time) : null, hasBegun: false, failed),
        HttpRequestException or IOException or JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException => ProviderFailures.Unreachable(hasBegun: false, exception),
        _ => null,
    };
}
