using System.Globalization;
using System.Text;
using Steward.Errors;
using Steward.Models.Feedback;
using Steward.Models.Quality;

namespace Steward.Client.Http;

/// <summary>What people say of answers over a gateway's HTTP API.</summary>
internal sealed class HttpFeedbackClient(HttpStewardUserClient http) : IFeedbackClient
{
    private const string Root = "v1/feedback";

    /// <inheritdoc/>
    public Task<FeedbackInfo> GiveFeedbackAsync(string target, GiveFeedback feedback, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(feedback);
        var request = new GiveFeedbackRequest
        {
            Target = target,
            IsGood = feedback.IsGood,
            Edited = feedback.Edited,
            IsEscalated = feedback.IsEscalated,
            IsSolved = feedback.IsSolved,
            Score = feedback.Score,
            Comment = feedback.Comment,
            MayBeLearnt = feedback.MayBeLearnt,
            Input = feedback.Input,
            Answer = feedback.Answer,
        };
        return http.SendAsync(
            "feedback.give", changes: true, () => new HttpRequestMessage(HttpMethod.Post, Root) { Content = HttpStewardUserClient.Body(request, ModelWireJson.Default.GiveFeedbackRequest) }, ModelWireJson.Forgiving.FeedbackInfo, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<FeedbackInfo> GetFeedbackAsync(string target, CancellationToken cancellationToken = default) =>
        http.SendAsync("feedback.get", changes: false, () => new HttpRequestMessage(HttpMethod.Get, Path(target)), ModelWireJson.Forgiving.FeedbackInfo, cancellationToken);

    /// <inheritdoc/>
    public Task WithdrawFeedbackAsync(string target, CancellationToken cancellationToken = default) =>
        http.SendWithoutAnswerAsync("feedback.withdraw", () => new HttpRequestMessage(HttpMethod.Delete, Path(target)), cancellationToken);

    /// <summary>The examples of all the days: over HTTP they are one part.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> for a query that goes on after another part.</exception>
    public async Task<FeedbackExportPage> ExportFeedbackAsync(FeedbackExportQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.After != 0)
        {
            throw StewardException.Invalid("after", "must be 0: over HTTP all examples are one part.");
        }

        var path = string.Create(CultureInfo.InvariantCulture, $"{Root}/export?fromDay={query.From:yyyy-MM-dd}&toDay={query.To:yyyy-MM-dd}");
        var lines = await http.ReadBytesAsync("feedback.export", () => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        return new FeedbackExportPage { Lines = Encoding.UTF8.GetString(lines).Split('\n', StringSplitOptions.RemoveEmptyEntries), NextAfter = 0 };
    }

    /// <inheritdoc/>
    public Task<AnswerQualityReport> GetAnswerQualityAsync(CancellationToken cancellationToken = default) =>
        http.SendAsync("answer-quality.get-report", changes: false, static () => new HttpRequestMessage(HttpMethod.Get, "v1/answer-quality"), ModelWireJson.Forgiving.AnswerQualityReport, cancellationToken);

    private static string Path(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return $"{Root}/{Uri.EscapeDataString(target)}";
    }
}
