/*
 * stage_shipped.c
 *		The stage models that are shipped.
 *
 * Their rules know the recommended events of GA4, the e-commerce events of Segment, Snowplow and
 * Shopify, and what advertisements, creators, support, deliveries and the like are mostly called.
 * What has one meaning has one name here, so that the models differ in where they put it only.
 * A cart or a checkout is not yet a purchase: a stage of phase "during" is reached by buying.
 */
#include "postgres.h"

#include "pattern/stage_model.h"

#define ADVERTISEMENTS \
	"(ad_*|\"Ad \"*|campaign*|impression*|promo*|\"Promotion \"*|view_promotion|select_promotion)"
#define CREATORS \
	"(creator*|influencer*|ugc*|social*|post_view*|post_click*)"
#define SOCIAL_CHANNELS \
	"(@social*|@\"Organic Social\"|@paid_social*|@\"Paid Social\"|@facebook*|@instagram*|@linkedin*|" \
	"@pinterest*|@reddit*|@snapchat*|@tiktok*|@twitter*|@youtube*)"
#define VISITS \
	"(visit|first_visit|first_open|session_start|page_view|page_viewed|\"Page Viewed\"|screen_view|" \
	"home|landing*)"
#define SEARCHES \
	"(search*|\"Products Searched\"|view_search_results)"
#define VIEWS \
	"(view|view_item*|select_item|select_content|product_view*|\"Product Viewed\"|\"Product Clicked\"|" \
	"\"Product List \"*|list_view|list_click|collection_viewed|catalog*|category*|filter*)"
#define COMPARISONS \
	"(compare*|wishlist*|add_to_wishlist|\"Product Added to Wishlist\"|review_page|review_read|" \
	"read_review*|view_review*|testimonial_view)"
#define ENQUIRIES \
	"(generate_lead|qualify_lead|working_lead|quote*|sign_up|\"Signed Up\"|tutorial_*)"
#define CARTS \
	"(cart*|add_to_cart|remove_from_cart|view_cart|product_added_to_cart|product_removed_from_cart|" \
	"\"Product Added\"|\"Product Removed\"|\"Cart Viewed\"|\"Wishlist Product Added to Cart\"|" \
	"coupon*|\"Coupon \"*)"
#define CHECKOUTS \
	"(begin_checkout|checkout*|\"Checkout \"*|add_shipping_info|shipping_details|add_payment_info|" \
	"payment*|\"Payment Info Entered\"|trns_error)"
#define PURCHASES \
	"(purchase|in_app_purchase|order|order_completed|\"Order Completed\"|checkout_completed|" \
	"transaction|close_convert_lead)"
#define DELIVERIES \
	"(deliver*|out_for_delivery|shipped|shipment*|order_shipped|order_delivered|" \
	"order_confirm*|track_order|thank_you*)"
#define RETURNS \
	"(refund*|return|returned|\"Order Updated\"|\"Order Refunded\"|\"Order Cancelled\")"
#define CONTACTS \
	"(support*|ticket*|chat*|call|phone_call|service_call|contact*|question*|complaint*|comment*)"
#define MESSAGES \
	"(email*|\"Email \"*|newsletter*|sms*|push*)"
#define ANSWERS \
	"(review*|feedback*|survey*|rating*|nps*|csat*|ces*)"
#define REVIEWED \
	"(\"Product Reviewed\"|review_written|write_review)"
#define LOYALTY \
	"(loyalty*|\"Loyalty \"*|join_group|earn_virtual_currency|spend_virtual_currency)"
#define RECOMMENDATIONS \
	"(share*|\"Product Shared\"|\"Cart Shared\"|refer|refer_*|referral*|invite*|recommend*|testimonial)"

#define AFTER_PURCHASE	" after " PURCHASES
#define BOUGHT_AGAIN	PURCHASES AFTER_PURCHASE

const ShippedStageModel stage_models_shipped[STAGE_MODELS] = {
	{
		"three_stage",
		"how customers find what they buy; it ends with the purchase",
		"awareness (before): " ADVERTISEMENTS ", " CREATORS ", " SOCIAL_CHANNELS ", " VISITS "\n"
		"discovery (before): " SEARCHES ", " VIEWS ", " COMPARISONS ", " ENQUIRIES ", " CONTACTS ", "
		CARTS ", " CHECKOUTS "\n"
		"purchase (during): " PURCHASES
	},
	{
		"ecommerce",
		"a shop, before, during and after a purchase",
		"awareness (before): " ADVERTISEMENTS ", " CREATORS ", " SOCIAL_CHANNELS ", " VISITS "\n"
		"consideration (before): " SEARCHES ", " VIEWS ", " COMPARISONS ", " ENQUIRIES ", " CONTACTS ", "
		MESSAGES ", " CARTS ", " CHECKOUTS "\n"
		"purchase (during): " PURCHASES "\n"
		"post_purchase (after): " DELIVERIES ", " RETURNS ", " REVIEWED ", " ANSWERS AFTER_PURCHASE ", "
		CONTACTS AFTER_PURCHASE ", " MESSAGES AFTER_PURCHASE "\n"
		"advocacy (after): " BOUGHT_AGAIN ", " LOYALTY AFTER_PURCHASE ", "
		RECOMMENDATIONS AFTER_PURCHASE
	},
	{
		"online",
		"a business on the internet, from the first contact to customers who come back",
		"awareness (before): " ADVERTISEMENTS ", " CREATORS ", " SOCIAL_CHANNELS "\n"
		"interest (before): " VISITS ", " SEARCHES ", " VIEWS ", " MESSAGES "\n"
		"consideration (before): " COMPARISONS ", " ENQUIRIES ", " CONTACTS ", " CARTS ", " CHECKOUTS "\n"
		"purchase (during): " PURCHASES "\n"
		"post_purchase (after): " DELIVERIES ", " RETURNS ", " REVIEWED ", " ANSWERS AFTER_PURCHASE ", "
		CONTACTS AFTER_PURCHASE ", " MESSAGES AFTER_PURCHASE "\n"
		"loyalty (after): " BOUGHT_AGAIN ", " LOYALTY AFTER_PURCHASE ", "
		RECOMMENDATIONS AFTER_PURCHASE
	},
	{
		"lifecycle",
		"the whole relation with a customer, in which choosing is not yet paying",
		"awareness (before): " ADVERTISEMENTS ", " CREATORS ", " SOCIAL_CHANNELS ", " VISITS "\n"
		"consideration (before): " SEARCHES ", " VIEWS ", " COMPARISONS ", " ENQUIRIES ", " CONTACTS ", "
		MESSAGES "\n"
		"decision (before): " CARTS ", " CHECKOUTS "\n"
		"purchase (during): " PURCHASES "\n"
		"retention (after): " BOUGHT_AGAIN ", " DELIVERIES ", " RETURNS ", " LOYALTY AFTER_PURCHASE ", "
		CONTACTS AFTER_PURCHASE ", " MESSAGES AFTER_PURCHASE "\n"
		"advocacy (after): " REVIEWED ", " ANSWERS AFTER_PURCHASE ", " RECOMMENDATIONS AFTER_PURCHASE
	}
};
