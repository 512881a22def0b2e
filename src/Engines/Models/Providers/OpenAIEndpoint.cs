using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Steward.Engines.Models.Providers;

/// <summary>An endpoint that speaks OpenAI's chat completions: OpenAI, Azure, vLLM, Ollama, llama.cpp and others.</summary>
internal sealed class OpenAIEndpoint : IModelEndpoint
{
    private static readonly Uri PublicServer = new("https://api.openai.com/v1");

    private readonly TimeProvider _time;
    private readonly string _model;
    private readonly int? _maxOutputTokens;
    private readonly string _outputLimit;
    private readonly ChatClient _client;

    /// <summary>Creates it. Sends nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="key">The key.</param>
    /// <param name="baseUrl">The address; null is OpenAI's.</param>
    /// <param name="maxOutputTokens">The most tokens of an answer; null is the provider's limit.</param>
    /// <param name="http">Has no timeout of its own.</param>
    /// <param name="time">The clock that dates in headers are compared with.</param>
    /// <param name="outputLimit">See <see cref="ModelProviderOptions.OutputLimit"/>.</param>
    public OpenAIEndpoint(string model, string key, string? baseUrl, int? maxOutputTokens, HttpClient http, TimeProvider time, string? outputLimit = null)
    {
        (_time, _model, _maxOutputTokens) = (time, model, maxOutputTokens);
        Server = string.IsNullOrEmpty(baseUrl) ? PublicServer : new Uri(baseUrl);
        _outputLimit = outputLimit ?? OpenAIOutputLimit.Of(Server, model);
        var client = new OpenAIClientOptions
        {
            Transport = new HttpClientPipelineTransport(http),
            // Attempts and timeouts are counted where the first token is known.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            Endpoint = Server,
        };
        _client = new ChatClient(model, new ApiKeyCredential(key), client);
    }

    /// <inheritdoc/>
    public string ProviderKind => "openai";

    /// <inheritdoc/>
    public Uri Server { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatDelta> AskAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The package sends and judges statuses; its model of the answer is passed by, see OpenAIAnswer.
        using var body = BinaryContent.Create(BinaryData.FromBytes(OpenAIRequestBody.Write(_model, request, _maxOutputTokens, _outputLimit)));
        var result = await _client.CompleteChatAsync(body, new RequestOptions { BufferResponse = false, CancellationToken = cancellationToken });
        using var response = result.GetRawResponse();
        if (response.ContentStream is not { } content)
        {
            yield break;
        }

        var answer = new OpenAIAnswer();
        await foreach (var item in SseParser.Create(content, (_, data) => answer.Take(data)).EnumerateAsync(cancellationToken))
        {
            if (answer.FailedWith is { } status)
            {
                throw ProviderFailures.OfEvent(status, answer.HasBegun);
            }

            if (item.Data.Length > 0)
            {
                yield return new ChatText(item.Data);
            }
            else if (answer.HasBegun)
            {
                yield return ChatProgress.Instance;
            }
            else if (answer.IsThinking)
            {
                yield return ChatThought.Instance;
            }

            if (answer.IsDone)
            {
                break;
            }
        }

        foreach (var delta in answer.End())
        {
            yield return delta;
        }
    }

    /// <inheritdoc/>
    public ModelException? Explain(Exception exception, bool hasBegun) => exception switch
    {
        ModelException known => known,
        ClientResultException failed => ProviderFailures.OfStatus(failed.Status, RetryAfter(failed), hasBegun, failed),
        HttpRequestException or IOException or JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException => ProviderFailures.Unreachable(hasBegun, exception),
        _ => null,
    };

    private TimeSpan? RetryAfter(ClientResultException failed) =>
        failed.GetRawResponse()?.Headers.TryGetValue("retry-after", out var value) == true ? ProviderFailures.RetryAfter(value, _time) : null;
}
