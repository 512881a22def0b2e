namespace Steward.Engines.Models.Providers;

/// <summary>Turns what is no success into a <see cref="ModelException"/> before a provider's package sees it, where that package keeps the headers to itself. The body is not read: it may repeat the prompt.</summary>
internal sealed class AnswerStatusHandler(TimeProvider time) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            var retryAfter = answer.Headers.TryGetValues("retry-after", out var values) ? ProviderFailures.RetryAfter(values.FirstOrDefault(), time) : null;
            throw ProviderFailures.OfStatus((int)answer.StatusCode, retryAfter, hasBegun: false, cause: null);
        }
    }
}
