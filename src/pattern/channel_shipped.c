/*
 * channel_shipped.c
 *		The channel rules that are meant where none are given.
 *
 * The default channel group of GA4, in its order and by its names, as Google documents it for
 * traffic that was tagged by hand.  Its regular expressions are written out:
 *
 *		^(.*cp.*|ppc|retargeting|paid.*)$			PAID
 *		^(.*(([^a-df-z]|^)shop|shopping).*)$		SHOP_CAMPAIGNS
 *
 * Of its lists of sites those are here that matter outside one country, with the hosts that logs
 * have where GA4 has a name ("www.google.com" for "google"), and a few newer ones.
 *
 * Behind "Cross-network" stands what GA4 does not know: channels that a medium, seldom a source,
 * names outright.  Without these lines the answers are GA4's.
 */
#include "postgres.h"

#include "pattern/channel_rules.h"

#define SHOPPING_SITES \
	"alibaba, alibaba.com, *.alibaba.com, amazon, amazon.*, www.amazon.*, *.amazon-adsystem.com, " \
	"ebay, ebay.*, www.ebay.*, etsy, etsy.com, www.etsy.com, google[^a-z]shopping, igshopping, " \
	"mercadolibre, mercadolibre.*, shop.app, shopify, shopify.com, *.shopify.com, shopzilla, " \
	"shopzilla.com, stripe, stripe.com, checkout.stripe.com, walmart, walmart.com, *.walmart.com, " \
	"shopping.naver.com, *.shopping.naver.com, shopping.yahoo.*, *.shopping.yahoo.*, *.shopping.net, " \
	"simplycodes.com"

#define SEARCH_SITES \
	"google, google.*, www.google.*, google-play, news.google.com, lens.google.com, play.google.com, " \
	"search.google.com, bing, bing.com, www.bing.com, cn.bing.com, yahoo, yahoo.*, www.yahoo.*, " \
	"search.yahoo.*, *.search.yahoo.*, duckduckgo, duckduckgo.com, ecosia.org, www.ecosia.org, qwant, " \
	"qwant.com, *.qwant.com, baidu, baidu.com, *.baidu.com, yandex, yandex.*, *.yandex.ru, " \
	"naver, naver.com, m.naver.com, *search.naver.com, daum, daum.net, *.daum.net, sogou, sogou.com, " \
	"*.sogou.com, so.com, 360.cn, seznam, seznam.cz, *.seznam.cz, centrum.cz, aol, search.aol.*, ask, " \
	"msn, msn.com, *.msn.com, lycos, dogpile, dogpile.com, excite.com, rambler, rambler.ru, " \
	"go.mail.ru, rakuten, rakuten.co.jp, websearch.rakuten.co.jp, biglobe, biglobe.*, auone, alice, " \
	"avg, babylon, cnn, comcast, conduit, eniro, exalead.com, globo, incredimail, kvasir, najdi, onet, " \
	"onet.pl, search-results, startsiden, startsiden.no, terra, tut.by, ukr, virgilio, " \
	"search.brave.com, startpage.com, www.startpage.com, kagi.com"

#define SOCIAL_SITES \
	"social, facebook, facebook.com, *.facebook.com, fb, fb.me, instagram, instagram.com, " \
	"*.instagram.com, ig, messenger, messenger.com, *.messenger.com, whatsapp, whatsapp.com, " \
	"*.whatsapp.com, threads.net, www.threads.net, threads.com, www.threads.com, twitter, " \
	"twitter.com, *.twitter.com, t.co, x.com, bsky.app, mastodon.social, linkedin, linkedin.com, " \
	"*.linkedin.com, lnkd.in, tiktok, tiktok.com, *.tiktok.com, pinterest, pinterest.*, " \
	"*.pinterest.com, snapchat, snapchat.com, *.snapchat.com, reddit, reddit.com, *.reddit.com, " \
	"tumblr, tumblr.com, *.tumblr.com, quora, quora.com, *.quora.com, t.me, vk.com, *.vk.com, " \
	"vkontakte.ru, odnoklassniki.*, xing, xing.com, *.xing.com, wechat, wechat.com, *.wechat.com, " \
	"weibo, weibo.com, *.weibo.com, qzone.qq.com, tencent, tencent.com, renren, renren.com, douban, " \
	"douban.com, *.douban.com, dianping, dianping.com, kakao, kakao.com, *.kakao.com, line, line.me, " \
	"mixi.jp, ameba.jp, ameblo.jp, hatena, *.hatena.ne.jp, nicovideo.jp, niconico, pixiv.net, zalo, " \
	"chat.zalo.me, myspace, myspace.com, hi5, hi5.com, badoo, badoo.com, meetup, meetup.com, " \
	"flickr, flickr.com, *.flickr.com, deviantart, deviantart.com, behance.net, goodreads, " \
	"goodreads.com, last.fm, wattpad, wattpad.com, medium.com, blogger, blogger.com, blogspot, " \
	"blogspot.com, wordpress, wordpress.com, livejournal, livejournal.com, typepad, typepad.com, " \
	"disqus, disqus.com, digg, digg.com, slashdot.org, news.ycombinator.com, stackoverflow, " \
	"stackoverflow.com, stackexchange, stackexchange.com, *.stackexchange.com, askubuntu, " \
	"askubuntu.com, serverfault, serverfault.com, superuser, superuser.com, researchgate.net, " \
	"academia.edu, slideshare.net, www.slideshare.net, scribd, scribd.com, flipboard, flipboard.com, " \
	"getpocket.com, instapaper, instapaper.com, scoop.it, yelp, yelp.*, *.yelp.com, tripadvisor, " \
	"tripadvisor.com, trustpilot, glassdoor, glassdoor.com, foursquare, foursquare.com, houzz, " \
	"houzz.com, groups.google.com, sites.google.com, plus.google.com, \"google+\", skype, " \
	"web.skype.com, yammer, yammer.com, bit.ly, goo.gl, tinyurl, tinyurl.com, hootsuite, hootsuite.com"

#define VIDEO_SITES \
	"youtube, youtube.com, *.youtube.com, youtu.be, vimeo, vimeo.com, *.vimeo.com, twitch, twitch.tv, " \
	"*.twitch.tv, dailymotion, dailymotion.com, www.dailymotion.com, netflix, netflix.com, " \
	"*.netflix.com, hulu, hulu.com, *.hulu.com, disneyplus, disneyplus.com, www.disneyplus.com, ted, " \
	"ted.com, www.ted.com, wistia, wistia.com, *.wistia.net, youku, youku.com, *.youku.com, iqiyi, " \
	"iqiyi.com, *.iqiyi.com, iq.com, veoh, veoh.com, crackle, crackle.com, curiositystream, " \
	"curiositystream.com, d.tube, utreon, utreon.com"

#define AI_ASSISTANTS \
	"chatgpt.com, chat.openai.com, gemini.google.com, bard.google.com, copilot.microsoft.com, " \
	"claude.ai, grok.com, chat.deepseek.com"

#define PAID			" and medium in (*cp*, ppc, retargeting, paid*)"
#define SHOP_CAMPAIGNS	"campaign in (shop*, *[^a-df-z]shop*, *shopping*)"
#define NO_MEDIUM		"none, \"(none)\", \"(not set)\""

const char	channel_rules_shipped[] =
"Direct: source in (direct, \"(direct)\") and medium in (" NO_MEDIUM ")\n"
"Direct: source in (none) and medium in (" NO_MEDIUM ")\n"
"\"Cross-network\": campaign in (*cross-network*)\n"

"Retargeting: medium in (retarget*, remarket*)\n"
"\"Social Commerce\": medium in (social[^a-z]commerce, socialcommerce, live[^a-z]shopping)\n"
"\"Social Commerce\": source in (facebook[^a-z]marketplace, facebook[^a-z]shop*, "
"instagram[^a-z]shop*, tiktok[^a-z]shop*, tiktokshop*, pinterest[^a-z]shop*)\n"
"Creator: medium in (creator*, influencer*, ambassador*, ugc*)\n"
"\"Word of Mouth\": medium in (word[^a-z]of[^a-z]mouth, wordofmouth, wom, friend*, "
"refer[^a-z]a[^a-z]friend, member[^a-z]get[^a-z]member)\n"
"Store: medium in (store*, in[^a-z]store*, instore*, pos, point[^a-z]of[^a-z]sale, retail)\n"
"\"Call Centre\": medium in (call, calls, call[^a-z]cent*, callcent*, phone*, telephone*, hotline)\n"
"Chat: medium in (chat, chats, chat[^a-z]*, chatbot*, live[^a-z]chat*, livechat*, webchat*)\n"
"\"In-App\": medium in (in[^a-z]app, inapp, in[^a-z]app[^a-z]message*)\n"
"Post: medium in (post, postal*, direct[^a-z]mail*, directmail*, letter*, leaflet*)\n"
"Television: medium in (tv, tv[^a-z]*, television*)\n"
"Radio: medium in (radio*)\n"
"Print: medium in (print*, newspaper*, magazine*)\n"
"Outdoor: medium in (outdoor*, out[^a-z]of[^a-z]home, ooh, dooh, billboard*)\n"
"Events: medium in (event, events, trade[^a-z]show*, tradeshow*, fair, conference*)\n"

"\"Paid Shopping\": source in (" SHOPPING_SITES ")" PAID "\n"
"\"Paid Shopping\": " SHOP_CAMPAIGNS PAID "\n"
"\"Paid Search\": source in (" SEARCH_SITES ")" PAID "\n"
"\"Paid Social\": source in (" SOCIAL_SITES ")" PAID "\n"
"\"Paid Video\": source in (" VIDEO_SITES ")" PAID "\n"
"Display: medium in (display, banner, expandable, interstitial, cpm)\n"
"\"Paid Other\": medium in (*cp*, ppc, retargeting, paid*)\n"
"\"AI Assistant\": medium in (ai-assistant)\n"
"\"AI Assistant\": source in (" AI_ASSISTANTS ") and medium in (referral, " NO_MEDIUM ")\n"
"\"Organic Shopping\": source in (" SHOPPING_SITES ")\n"
"\"Organic Shopping\": " SHOP_CAMPAIGNS "\n"
"\"Organic Social\": source in (" SOCIAL_SITES ")\n"
"\"Organic Social\": medium in (social, social-network, social-media, sm, \"social network\", "
"\"social media\")\n"
"\"Organic Video\": source in (" VIDEO_SITES ")\n"
"\"Organic Video\": medium in (*video*)\n"
"\"Organic Search\": source in (" SEARCH_SITES ")\n"
"\"Organic Search\": medium in (organic)\n"
"Referral: medium in (referral, app, link)\n"
"Email: source in (email, e-mail, e_mail, \"e mail\")\n"
"Email: medium in (email, e-mail, e_mail, \"e mail\")\n"
"Affiliates: medium in (affiliate)\n"
"Audio: medium in (audio)\n"
"SMS: source in (sms)\n"
"SMS: medium in (sms)\n"
"\"Mobile Push Notifications\": medium in (*push, *mobile*, *notification*)\n"
"\"Mobile Push Notifications\": source in (firebase)\n";
