using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OpenAI;
using OpenAI.Embeddings;
using Steward.Engines.Models.Providers;

namespace Steward.Engines.Models;

/// <summary>The embedding models of the configuration, by OpenAI's package. Several keys take turns.</summary>
internal sealed class EmbeddingModelSource(IOptions<ModelsOptions> options, IHttpClientFactory http, TimeProvider time, IRandomSource random) : IEmbeddingModelSource
{
    private readonly ConcurrentDictionary<string, Lazy<IEmbeddingModel>> _models = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Names => options.Value.IsConfigured ? [.. options.Value.Embedders] : [];

    public IEmbeddingModel? Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Names.Contains(model) ? _models.GetOrAdd(model, name => new Lazy<IEmbeddingModel>(() => Create(name))).Value : null;
    }

    private Embedder Create(string name)
    {
        var configured = options.Value;
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var (provider, model) = (name[..slash], name[(slash + 1)..]);
        var (url, keys) = configured.Providers.TryGetValue(provider, out var named)
            ? (named.BaseUrl, (IReadOnlyList<string>)[.. named.ApiKeys])
            : (configured.BaseUrl, [configured.ApiKey!]);
        EmbeddingClient[] clients = [.. keys.Select(key =>
        {
            var client = new OpenAIClientOptions
            {
                Transport = new HttpClientPipelineTransport(http.CreateClient(ChatModelSource.HttpClientName)),
                RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
                NetworkTimeout = Timeout.InfiniteTimeSpan,
            };
            if (!string.IsNullOrEmpty(url))
            {
                client.Endpoint = new Uri(url);
            }

            return new EmbeddingClient(model, new ApiKeyCredential(key), client);
        })];
        return new Embedder(model, clients, configured, new ModelPrices(configured.Prices), time, random);
    }

    private sealed class Embedder(string model, EmbeddingClient[] clients, ModelsOptions options, ModelPrices prices, TimeProvider time, IRandomSource random) : IEmbeddingModel
    {
        private int _next;

        public ModelPrice? Price => prices.Find(model);

        public async Task<EmbeddingAnswer> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(request);
            using var total = new CancellationTokenSource(options.TotalTimeout, time);
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await AskAsync(request, total.Token, cancellationToken);
                }
                catch (ModelException failure) when (attempt < options.MaxAttempts && !total.IsCancellationRequested && MayGoOn(failure))
                {
                    await Task.Delay(Backoff.Delay(attempt, options.RetryBaseDelay, options.RetryMaxDelay, failure.RetryAfter, random), time, cancellationToken);
                }
            }
        }

        private bool MayGoOn(ModelException failure) => failure.IsRetryable ? !(failure.RetryAfter > options.RetryMaxDelay) : failure.Code == "model_unauthenticated" && clients.Length > 1;

        private async Task<EmbeddingAnswer> AskAsync(EmbeddingRequest request, CancellationToken total, CancellationToken caller)
        {
            using var attempt = new CancellationTokenSource(options.FirstTokenTimeout, time);
            using var any = CancellationTokenSource.CreateLinkedTokenSource(attempt.Token, total, caller);
            try
            {
                var client = clients[(uint)Interlocked.Increment(ref _next) % clients.Length];
                var answer = (await client.GenerateEmbeddingsAsync(request.Texts, new EmbeddingGenerationOptions { Dimensions = request.Dimensions }, any.Token)).Value;
                return new EmbeddingAnswer([.. answer.OrderBy(vector => vector.Index).Select(vector => vector.ToFloats().ToArray())], answer.Model ?? model, answer.Usage?.InputTokenCount, prices.Cost(model, answer.Usage?.InputTokenCount ?? 0, 0, 0));
            }
            catch (Exception) when (caller.IsCancellationRequested)
            {
                throw new OperationCanceledException(caller);
            }
            catch (OperationCanceledException e) when (total.IsCancellationRequested)
            {
                throw new ModelException("model_timeout", $"The model did not finish within {options.TotalTimeout.TotalSeconds:0.#} s.", e) { IsRetryable = true };
            }
            catch (OperationCanceledException e)
            {
                throw new ModelException("model_timeout", $"The model was silent for {options.FirstTokenTimeout.TotalSeconds:0.#} s.", e) { IsRetryable = true };
            }
            catch (ClientResultException failed)
            {
                var retryAfter = failed.GetRawResponse()?.Headers.TryGetValue("retry-after", out var value) == true ? ProviderFailures.RetryAfter(value, time) : null;
                throw ProviderFailures.OfStatus(failed.Status, retryAfter, hasBegun: false, failed);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or System.Text.Json.JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
            {
                throw ProviderFailures.Unreachable(hasBegun: false, e);
            }
        }
    }
}
