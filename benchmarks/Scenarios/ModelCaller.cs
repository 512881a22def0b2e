using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Steward.Benchmarks.Scenarios;

/// <summary>A client that asks one model at one address.</summary>
internal sealed class ModelCaller : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly string _model;

    public ModelCaller(Uri url, string key, string model, bool noCache)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }, disposeHandler: true) { Timeout = TimeSpan.FromMinutes(1) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _http.DefaultRequestHeaders.CacheControl = noCache ? new CacheControlHeaderValue { NoCache = true } : null;
        (_address, _model) = (new Uri(url.ToString().TrimEnd('/') + "/chat/completions"), model);
    }

    public async Task<(int Status, TimeSpan FirstToken, TimeSpan Total, long Tokens, string? Text)> AskAsync(string question, bool stream, CancellationToken cancellationToken, bool mayFail = false)
    {
        using var request = Request(question, stream);
        var began = Stopwatch.GetTimestamp();
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[16 * 1024];
        var read = await content.ReadAsync(buffer, cancellationToken);
        var (firstToken, length) = (Stopwatch.GetElapsedTime(began), read);
        while (read > 0)
        {
            // An answer is shorter than the buffer; a stream's tokens are not asked for.
            read = await content.ReadAsync(length < buffer.Length ? buffer.AsMemory(length) : buffer, cancellationToken);
            length = Math.Min(buffer.Length, length + read);
        }

        var total = Stopwatch.GetElapsedTime(began);
        return mayFail || answer.IsSuccessStatusCode
            ? ((int)answer.StatusCode, firstToken, total, stream ? 0 : TokensOf(buffer.AsMemory(0, length)), mayFail && stream ? Encoding.UTF8.GetString(buffer, 0, length) : null)
            : throw new InvalidOperationException($"{_address} answered with status {(int)answer.StatusCode}: {Encoding.UTF8.GetString(buffer).TrimEnd('\0')}");
    }

    /// <summary>Reads the beginning of a stream and goes away.</summary>
    public async Task<(int Status, TimeSpan FirstToken, TimeSpan Total, long Tokens, string? Text)> LeaveAsync(string question, CancellationToken cancellationToken)
    {
        using var request = Request(question, stream: true);
        var began = Stopwatch.GetTimestamp();
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[1024];
        var read = await content.ReadAsync(buffer, cancellationToken);
        return ((int)answer.StatusCode, Stopwatch.GetElapsedTime(began), Stopwatch.GetElapsedTime(began), 0, Encoding.UTF8.GetString(buffer, 0, read));
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(string question, bool stream) => new(HttpMethod.Post, _address)
    {
        Content = new StringContent(
            string.Create(CultureInfo.InvariantCulture, $$"""{"model":"{{_model}}","messages":[{"role":"user","content":"{{JsonEncodedText.Encode(question)}}"}],"stream":{{(stream ? "true" : "false")}}}"""), Encoding.UTF8, "application/json"),
    };

    private static long TokensOf(ReadOnlyMemory<byte> answer)
    {
        using var body = JsonDocument.Parse(answer);
        return body.RootElement.TryGetProperty("usage", out var usage) ? usage.GetProperty("total_tokens").GetInt64() : 0;
    }
}
