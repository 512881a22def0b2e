using System.Net;
using System.Text;
using Steward.Engines.Notifications.Answers;

namespace Steward.Engines.Notifications.Slack;

/// <summary>Answers a click so that only the person who clicked sees it.</summary>
public interface ISlackResponder
{
    /// <summary>Posts a text to the address that came with the click. Best effort: false when Slack did not take it.</summary>
    /// <param name="responseUrl">The address; checked again, since nothing but Slack may be reached here.</param>
    /// <param name="text">Plain text.</param>
    /// <param name="instanceAddress">Where the connector instance's calls go; one on this machine is answered on this machine.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<bool> TryAnswerAsync(Uri responseUrl, string text, Uri? instanceAddress, CancellationToken cancellationToken);
}

/// <inheritdoc />
internal sealed class SlackResponder(IHttpClientFactory clients) : ISlackResponder
{
    public const string ClientName = "steward-slack-answers";

    public async Task<bool> TryAnswerAsync(Uri responseUrl, string text, Uri? instanceAddress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(responseUrl);
        if (!SlackClicks.IsResponseUrl(responseUrl, instanceAddress))
        {
            return false;
        }

        try
        {
            using var client = clients.CreateClient(ClientName);
            using var content = new StringContent(SlackClicks.Ephemeral(text), Encoding.UTF8, "application/json");
            using var response = await client.PostAsync(responseUrl, content, cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
